/**
 * What a close code asks of a client. They go by ranges, so that one that is new is understood too:
 *
 *     1000 1002 1003 1007–1010 4000–4099   does not come back unchanged
 *     4200–4299                            comes back at once, 0–3 s jitter
 *     4100–4199 1011–1013                  waits 1 s · 2ⁿ with full jitter, at most 30 s
 *     others, and a cut                    the first time at once
 */

export const CUT = 1006;
export const UNAUTHORIZED = 4001;
export const TOKEN_EXPIRED = 4002;
export const RESUME_REFUSED = 4008;
export const DRAIN = 4200;
export const IDLE = 4203;

const FINAL = [1000, 1002, 1003, 1007, 1008, 1009, 1010];
const LATER = [1011, 1012, 1013];
const FIRST_MS = 1000;
const MOST_MS = 30_000;
const AT_ONCE_MS = 3000;
/** A gateway that breaks cuts everybody at the same moment. */
const CUT_MS = 500;

/** @param {number} code */
export function isFinal(code) {
  return FINAL.includes(code) || (code >= 4000 && code < 4100);
}

/**
 * @param {number} code
 * @param {number} attempts that have failed since the connection was lost
 * @param {number} chance 0 to 1
 * @returns {number} milliseconds to wait before the next
 */
export function delayMs(code, attempts, chance = Math.random()) {
  if (attempts === 0 && code >= 4200 && code < 4300) return chance * AT_ONCE_MS;
  if (attempts === 0 && code < 4100 && !LATER.includes(code)) return chance * CUT_MS;
  return chance * Math.min(MOST_MS, FIRST_MS * 2 ** attempts);
}
