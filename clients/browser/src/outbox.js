/**
 * @typedef {object} Kept
 * @property {number} n
 * @property {string} type
 * @property {any} fields
 * @property {boolean} sent in this session
 * @property {boolean} answered by its `id`
 */

/** What was said and is not known to have arrived: numbered, so that it can be said again and counts once. */
export class Outbox {
  /** The number of the last message. */
  n = 0;
  /** @type {Kept[]} */
  #kept = [];
  /** @type {Set<string>} turns that this session does not take */
  #held = new Set();

  /**
   * @param {string} type
   * @param {any} fields with an `id` when it may be asked twice
   */
  put(type, fields) {
    const kept = { n: ++this.n, type, fields, sent: false, answered: false };
    this.#kept.push(kept);
    return kept;
  }

  /** @param {string} id of a message that was answered */
  answer(id) {
    for (const kept of this.#kept) kept.answered ||= kept.fields.id === id;
  }

  /**
   * All up to there has arrived, and was answered unless the answer was cut off.
   *
   * @param {number} lastN
   * @returns {Kept[]} what is to be asked again
   */
  settle(lastN) {
    const arrived = this.#kept.filter(({ n, sent }) => sent && n <= lastN);
    this.#kept = this.#kept.filter((kept) => !arrived.includes(kept));
    return arrived.filter(({ fields, answered }) => fields.id !== undefined && !answered);
  }

  /**
   * What a session has still to be told.
   *
   * @param {number} lastN
   */
  after(lastN) {
    return this.#kept.filter(({ n, fields }) => n > lastN && !this.holds(fields.turn));
  }

  /**
   * A gateway that stops does not take this turn: keep it for the next session.
   *
   * @param {string} turn
   */
  hold(turn) {
    this.#held.add(turn);
    for (const kept of this.#kept) if (kept.fields.turn === turn) kept.sent = false;
  }

  /** Another gateway goes on with the session: what waited is new to it. */
  release() {
    const waiting = this.#kept.filter(({ fields: { turn } }) => this.holds(turn));
    this.#kept = this.#kept.filter((kept) => !waiting.includes(kept));
    this.#held.clear();
    for (const { type, fields } of waiting) this.put(type, fields);
  }

  /** @param {string | undefined} turn */
  holds(turn) {
    return turn !== undefined && this.#held.has(turn);
  }

  /**
   * The session is gone. The next one gets what this one was asked and has not answered, and the turns of which this one
   * was told nothing.
   *
   * @returns {Set<string>} those turns
   */
  moveOn() {
    const opened = this.#kept.filter(({ type, sent }) => !sent && opens(type));
    const whole = new Set(opened.map(({ fields }) => fields.turn));
    this.#kept = this.#kept.filter(({ fields: { turn, id }, answered }) =>
      turn === undefined ? id !== undefined && !answered : whole.has(turn),
    );
    for (const kept of this.#kept) kept.sent = false;
    this.#held.clear();
    return whole;
  }
}

/** @param {string} type of a message */
export function opens(type) {
  return type === 'speak' || type === 'turn.open';
}
