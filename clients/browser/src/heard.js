import { lastAt } from './search.js';

const IDEOGRAPH = /[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\u{20000}-\u{3ffff}]/u;
const CHARACTER_MS = 70;
const IDEOGRAPH_MS = 220;

/** @import { Word } from './captions.js' */
/** @import { Segment } from './turn.js' */

/**
 * How much of a turn's text has been heard when `ms` of its audio have, to the last word begun. Without captions times
 * inside a segment are estimated by characters.
 *
 * @param {string[]} text code points
 * @param {Segment[]} segments in their order
 * @param {number} ms
 * @param {(segment: number) => Word[]} [captionsOf]
 * @returns {number} code points
 */
export function heardLength(text, segments, ms, captionsOf = () => []) {
  const segment = segments.findLast(({ at_ms }) => at_ms < ms);
  if (!segment) return 0;
  const [from, to] = segment.span;
  const played = Math.min(1, (ms - segment.at_ms) / lengthMs(text, segment));
  if (played === 1 && segment.duration_ms !== undefined) return text.slice(to).join('').trim() ? to : text.length;
  const words = captionsOf(segment.segment);
  if (words.length > 0) return words[lastAt(words, ms, (word) => word.from_ms)]?.span[1] ?? from;
  return Math.min(to, wordEnd(text, from + Math.floor((to - from) * played)));
}

/**
 * @param {string[]} text
 * @param {Segment} segment
 */
function lengthMs(text, { span: [from, to], duration_ms: known }) {
  if (known !== undefined) return Math.max(1, known);
  const times = text.slice(from, to).map((character) => (IDEOGRAPH.test(character) ? IDEOGRAPH_MS : CHARACTER_MS));
  return times.reduce((sum, each) => sum + each, 1);
}

/**
 * The end of the word that holds `index`; an ideograph is a word of its own.
 *
 * @param {string[]} text
 * @param {number} index
 */
function wordEnd(text, index) {
  if (index < text.length && IDEOGRAPH.test(text[index])) return index + 1;
  while (index < text.length && !/\s/u.test(text[index]) && !IDEOGRAPH.test(text[index])) index += 1;
  return index;
}
