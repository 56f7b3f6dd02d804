/** Server state as components read it, by topic. */
export * from "./records";
export * from "./session";
export * from "./work";
