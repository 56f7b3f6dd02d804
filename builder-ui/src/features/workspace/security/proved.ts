/** The channel by which the window of a provider tells that its person has come back. */
export const PROVED = "kezhi-proved";
