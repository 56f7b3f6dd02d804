/** Repeatable dice for property tests: the same seed gives the same walk. */

export type Random = {
  /** An integer from 0 to `count - 1`. */
  below: (count: number) => number;
  pick: <T>(items: readonly T[]) => T | undefined;
};

/** Mulberry32: small, even enough for tests. */
export function random(seed: number): Random {
  let state = seed >>> 0;
  const below = (count: number) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % count;
  };
  return { below, pick: (items) => items[below(Math.max(1, items.length))] };
}
