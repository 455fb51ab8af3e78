/**
 * Where in a list that is sorted by time one stands at a time.
 *
 * @template T
 * @param {T[]} list
 * @param {number} ms
 * @param {(item: T) => number} timeOf
 * @returns {number} the index of the last item whose time is at most `ms`; −1 before the first
 */
export function lastAt(list, ms, timeOf) {
  let below = -1;
  let above = list.length;
  while (above - below > 1) {
    const middle = (below + above) >> 1;
    if (timeOf(list[middle]) <= ms) below = middle;
    else above = middle;
  }
  return below;
}
