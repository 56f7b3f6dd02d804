/**
 * Seeded chance: the same seed gives the same numbers on every machine.
 *
 * The generator is mulberry32. Nothing here reads the clock or `Math.random`.
 */

/** A source of numbers in [0, 1), started from a 32-bit `seed`. */
export function chance(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };

  /** A whole number from `low` to `high`, both included. */
  const whole = (low, high) => low + Math.floor(next() * (high - low + 1));

  /** One member of `list`, each as likely as the other. */
  const pick = (list) => list[Math.floor(next() * list.length)];

  /** One value of `[[value, weight], …]`, in proportion to its weight. */
  const weighted = (pairs) => {
    let left = next() * pairs.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [value, weight] of pairs) {
      left -= weight;
      if (left < 0) return value;
    }
    return pairs[pairs.length - 1][0];
  };

  /** True with probability `p`. */
  const likely = (p) => next() < p;

  /** A number of the standard normal distribution. */
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());

  return { next, whole, pick, weighted, likely, normal };
}
