/** Where a turn's sound stands on the turn's clock, though some of it is missing or comes twice. Samples per channel. */
export class Placing {
  /** Samples that will never come. */
  lost = 0;
  /** Where what was taken ends, on the clock. */
  next;
  #taken = 0;
  /** @type {{from: number, by: number}[]} from which sample taken on the clock is ahead by how much */
  #jumps;

  /** @param {number} from what came before is not wanted */
  constructor(from = 0) {
    this.next = from;
    this.#jumps = [{ from: 0, by: from }];
  }

  /**
   * @param {number} position of a frame
   * @param {number} samples in it
   * @returns {number} how many of them, from its beginning, are to be left out
   */
  take(position, samples) {
    const missing = position - this.next;
    if (missing > 0) this.#jump(missing);
    const again = Math.min(samples, Math.max(0, -missing));
    this.#taken += samples - again;
    this.next = Math.max(this.next, position + samples);
    return again;
  }

  /**
   * @param {number} played of the samples taken
   * @returns {number} on the turn's clock
   */
  at(played) {
    const jump = this.#jumps.findLast(({ from }) => from < played) ?? this.#jumps[0];
    return played + jump.by;
  }

  /** @param {number} missing */
  #jump(missing) {
    this.lost += missing;
    this.#jumps.push({ from: this.#taken, by: this.#jumps[this.#jumps.length - 1].by + missing });
  }
}
