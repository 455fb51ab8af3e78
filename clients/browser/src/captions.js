import { lastAt } from './search.js';

/**
 * @typedef {object} Word
 * @property {string} text
 * @property {number} from_ms on the turn's audio clock
 * @property {number} to_ms
 * @property {[number, number]} span code points of the turn's text
 * @property {number} segment
 * @property {boolean} exact as upstream told it; estimated otherwise
 */

/** The words of a turn with their times: each new list takes the place of its segment's old one. */
export class Captions {
  /** @type {Word[][]} by segment */
  #segments = [];
  /** @type {Word[]} of a list that goes on in the next message */
  #begun = [];
  /** @type {Word[] | undefined} */
  #words;

  /** @param {{segment: number, words: Omit<Word, 'segment' | 'exact'>[], exact: boolean, more?: boolean}} message */
  take({ segment, words, exact, more }) {
    this.#begun.push(...words.map((word) => ({ ...word, segment, exact })));
    if (more) return;
    this.#segments[segment] = this.#begun;
    this.#begun = [];
    this.#words = undefined;
  }

  /** All of the turn's, in order. */
  get words() {
    this.#words ??= this.#segments.flat();
    return this.#words;
  }

  /** @param {number} segment */
  of(segment) {
    return this.#segments[segment] ?? [];
  }

  /**
   * @param {number} ms
   * @returns {Word | undefined} the word that is being said; none in a rest
   */
  at(ms) {
    const word = this.words[lastAt(this.words, ms, ({ from_ms: from }) => from)];
    return word && ms < word.to_ms ? word : undefined;
  }
}
