import { lastAt } from './search.js';

/**
 * @typedef {object} MouthShape
 * @property {number} level how far it is open: 0 closed, 1 wide
 * @property {string} [viseme] one of `sil PP FF TH DD kk CH SS nn RR aa E ih oh ou`, where word times and phonemes are known
 */

/** What a turn's `lip` messages say, to be asked at any time of its audio clock: a binary search each. */
export class Mouth {
  /** @type {{at_ms: number, hop_ms: number, levels: number[]}[]} */
  #runs = [];
  /** @type {[number, string][]} */
  #visemes = [];

  /** @param {{at_ms: number, hop_ms: number, levels: number[], visemes?: [number, string][]}} message */
  take({ at_ms, hop_ms, levels, visemes = [] }) {
    if (levels.length > 0) this.#runs.push({ at_ms, hop_ms, levels });
    this.#visemes.push(...visemes);
  }

  /**
   * @param {number} ms
   * @returns {MouthShape}
   */
  at(ms) {
    const [, viseme] = this.#visemes[lastAt(this.#visemes, ms, ([at]) => at)] ?? [];
    return { level: this.#level(ms), viseme };
  }

  /**
   * Between two runs the last level stands for a hop longer: their times are whole milliseconds.
   *
   * @param {number} ms
   */
  #level(ms) {
    const run = this.#runs[lastAt(this.#runs, ms, ({ at_ms: at }) => at)];
    if (!run) return 0;
    const hop = Math.floor((ms - run.at_ms) / run.hop_ms);
    return (run.levels[hop === run.levels.length ? hop - 1 : hop] ?? 0) / 100;
  }
}
