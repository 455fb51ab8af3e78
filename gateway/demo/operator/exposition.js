/**
 * @typedef {{name: string, labels: Record<string, string>, value: number}} Sample
 */

const LINE = /^(\w+)(?:\{(.*)\})? (\S+)/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/**
 * The samples of a Prometheus exposition.
 *
 * @param {string} text
 * @returns {Sample[]}
 */
export function samples(text) {
  return text
    .split('\n')
    .map((line) => LINE.exec(line))
    .filter((found) => found !== null)
    .map(([, name, labels = '', value]) => ({ name, labels: labelled(labels), value: number(value) }));
}

/** @param {string} text */
function labelled(text) {
  const pairs = [...text.matchAll(LABEL)].map(([, name, value]) => [name, unescaped(value)]);
  return Object.fromEntries(pairs);
}

/** @param {string} value */
function unescaped(value) {
  return value.replace(/\\(.)/g, (_, letter) => (letter === 'n' ? '\n' : letter));
}

/** @param {string} value */
function number(value) {
  return value === '+Inf' ? Infinity : Number(value);
}

/**
 * A histogram's buckets, each by itself.
 *
 * @param {Sample[]} all
 * @param {string} name
 * @param {Record<string, string>} labels that its samples have
 * @returns {{above: number, upTo: number, count: number}[]}
 */
export function buckets(all, name, labels = {}) {
  const own = all.filter((each) => {
    return each.name === `${name}_bucket` && Object.entries(labels).every(([key, value]) => each.labels[key] === value);
  });
  const sorted = own.map(({ labels: { le }, value }) => ({ upTo: number(le), value })).sort((a, b) => a.upTo - b.upTo);
  return sorted.map(({ upTo, value }, place) => {
    const before = sorted[place - 1];
    return { above: before?.upTo ?? 0, upTo, count: value - (before?.value ?? 0) };
  });
}

/**
 * As Prometheus' histogram_quantile: evenly spread within a bucket, and the last border beyond it.
 *
 * @param {{above: number, upTo: number, count: number}[]} parts
 * @param {number} share 0 to 1
 * @returns {number | undefined} undefined: nothing was measured
 */
export function quantile(parts, share) {
  const total = parts.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return undefined;
  let left = share * total;
  for (const { above, upTo, count } of parts) {
    if (left <= count && count > 0) return upTo === Infinity ? above : above + ((upTo - above) * left) / count;
    left -= count;
  }
  return parts.at(-1).above;
}

/**
 * The sum of a counter's samples.
 *
 * @param {Sample[]} all
 * @param {string} name
 * @param {Record<string, string>} labels
 */
export function total(all, name, labels = {}) {
  return all
    .filter((each) => each.name === name && Object.entries(labels).every(([key, value]) => each.labels[key] === value))
    .reduce((sum, { value }) => sum + value, 0);
}
