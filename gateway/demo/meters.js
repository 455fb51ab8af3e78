/** What is measured of a turn. */
export class Meters {
  /** @type {(name: string) => HTMLElement} */
  #meter;

  /** @param {HTMLElement} list */
  constructor(list) {
    this.#meter = (name) => list.querySelector(`#meter-${name}`);
  }

  /**
   * @param {import('/client/voice-gateway.js').Turn} turn
   * @param {number} clicked when the turn was asked for, as `performance.now()` counts
   */
  follow(turn, clicked) {
    let bytes = 0;
    this.#show('first', '–');
    turn.on('playing', () => this.#show('first', `${Math.round(performance.now() - clicked)} ms`));
    turn.on('frame', ({ payload }) => this.#show('bytes', size((bytes += payload.byteLength))));
    turn.on('segment.started', () => this.#show('segments', turn.segments.length));
    turn.on('captions', () => this.#show('exact', exact(turn.words)));
    turn.on('heard', (ms, aheadMs) => this.#hear(ms, aheadMs));
    turn.on('finished', ({ heardMs }) => this.#hear(heardMs, 0));
  }

  #hear(ms, aheadMs) {
    this.#show('heard', seconds(ms));
    this.#show('ahead', seconds(aheadMs));
  }

  #show(name, value) {
    this.#meter(name).textContent = value;
  }
}

/** @param {{exact: boolean}[]} words */
function exact(words) {
  return `${words.filter((word) => word.exact).length} of ${words.length}`;
}

/** @param {number} ms */
export function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}

function size(bytes) {
  return bytes < 1e6 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
