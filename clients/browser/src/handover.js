/**
 * @import { Standing } from './connection.js'
 * @import { Left } from './turn.js'
 */

const KEPT = 'voice-gateway.session';

/** A session that waits for its page to be loaded again. */
export class Handover {
  #storage;
  #key;

  /**
   * @param {Storage | undefined} storage a tab's own: two pages cannot own one session
   * @param {URL} url of the gateway
   */
  constructor(storage, url) {
    this.#storage = storage;
    this.#key = `${KEPT} ${url}`;
  }

  get open() {
    return this.#storage !== undefined;
  }

  /** @returns {{standing: Standing, turns: Left[], count: number} | undefined} */
  get left() {
    const kept = this.#storage?.getItem(this.#key);
    return kept ? JSON.parse(kept) : undefined;
  }

  /** @param {{standing: Standing, turns: Left[], count: number}} session */
  leave(session) {
    this.#storage?.setItem(this.#key, JSON.stringify(session));
  }

  clear() {
    this.#storage?.removeItem(this.#key);
  }
}
