/**
 * How often server state that follows from others is asked again. Workflows and grades move a
 * moment after what set them off; so for some seconds after this person changed something, what
 * may follow from it is asked often, and then seldom.
 */

const AFTERMATH_MS = 12_000;
const OFTEN_MS = 1_500;

let changedAt = Number.NEGATIVE_INFINITY;

/** Says that this person has just changed something on the server. */
export function noteChange(now: number = Date.now()): void {
  changedAt = now;
}

/** An interval for `refetchInterval`: short in the aftermath of a change, else `usual`. */
export function pulse(usual: number | false, now: number = Date.now()): number | false {
  return now - changedAt < AFTERMATH_MS ? OFTEN_MS : usual;
}
