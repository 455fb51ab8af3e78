import { Emitter } from './emitter.js';
import { GatewayError } from './errors.js';
import { heardLength } from './heard.js';
import { HEADER_BYTES } from './wire.js';

const REPORT_MS = 250;
/** @type {Record<string, 'done' | 'cancelled' | 'failed'>} */
const TERMINALS = { 'turn.done': 'done', 'turn.cancelled': 'cancelled', 'turn.failed': 'failed' };

/** @import { Player } from './player.js' */
/** @import { Frame } from './wire.js' */

/**
 * @typedef {object} Segment
 * @property {number} segment
 * @property {string} [text] as spoken
 * @property {[number, number]} span code points of the turn's text
 * @property {string} voice_id
 * @property {string} language
 * @property {number} at_ms where it begins on the turn's audio clock
 * @property {boolean} cached
 * @property {number} [duration_ms] once all of it is here
 */

/**
 * How a turn ended for the listener: heard to its `done`, `interrupted` by this page, `cancelled` by the gateway,
 * `failed`, or `lost` with the connection.
 *
 * @typedef {object} Finish
 * @property {'done' | 'interrupted' | 'cancelled' | 'failed' | 'lost'} outcome
 * @property {number} heardMs
 * @property {string} heard the text that was heard, to the last word begun; with `unheard` it is the whole text
 * @property {string} unheard
 * @property {any} terminal the gateway's last message about it, if one came
 * @property {GatewayError} [error]
 */

/**
 * @typedef {object} Link
 * @property {Player} player
 * @property {(type: string, fields: object) => void} send throws when there is no connection
 * @property {(type: string, fields: object) => void} tell does nothing then
 */

/**
 * One reply. Emits every message of the gateway that names it under the message's type, and:
 * `frame` (Frame), `playing` (), `heard` (ms, aheadMs), `underrun` (), `terminal` (message), `finished` (Finish).
 */
export class Turn extends Emitter {
  /** @type {number | undefined} labels its frames */
  handle;
  /** @type {{codec: string, rate: number, channels: number, unit: string} | undefined} */
  audio;
  /** @type {Segment[]} */
  segments = [];
  /** @type {any} */
  terminal;
  /** What the loudspeaker has played. */
  heardMs = 0;

  /** @type {string[]} code points, as spans count them */
  #text;
  #link;
  #reportedMs = 0;
  #silenced = false;
  #sounding = false;
  #resolve = /** @type {(finish: Finish) => void} */ (() => {});

  /**
   * @param {string} id
   * @param {string} text
   * @param {Link} link
   */
  constructor(id, text, link) {
    super();
    this.id = id;
    this.#text = [...text];
    this.#link = link;
    /** @type {Promise<Finish>} never rejects; fulfilled when the last sample has been heard */
    this.finished = new Promise((resolve) => (this.#resolve = resolve));
  }

  /** @param {string} text of any size, cut anywhere */
  append(text) {
    this.#link.send('turn.append', { turn: this.id, text });
    this.#text.push(...text);
  }

  /** How many code points of the text the loudspeaker has spoken, to the last word begun. */
  get heardLength() {
    return heardLength(this.#text, this.segments, this.heardMs);
  }

  /** Speak what is held, without waiting for the end of its sentence. */
  flush() {
    this.#link.send('turn.flush', { turn: this.id });
  }

  /** No more text will come. */
  commit() {
    this.#link.send('turn.commit', { turn: this.id });
  }

  /**
   * Be silent within a few milliseconds, and tell the gateway what was heard.
   *
   * @param {'client' | 'barge_in'} [reason]
   * @returns {Promise<Finish>} it says which text was heard
   */
  async cancel(reason = 'client') {
    if (!this.#silenced) {
      this.#silenced = true;
      await this.#silence();
      const played = { turn: this.id, played_ms: this.#link.player.ready ? this.heardMs : undefined };
      if (!this.terminal) this.#link.tell('turn.cancel', { ...played, reason });
      else if (this.handle !== undefined) this.#reportEnd();
      this.#finishIfOver();
    }
    return this.finished;
  }

  async #silence() {
    if (this.handle !== undefined && this.#sounding) this.heardMs = await this.#link.player.flush(this.handle);
    this.#sounding = false;
  }

  #reportEnd() {
    this.#link.tell('playback', { turn: this.id, played_ms: this.heardMs, state: 'ended' });
  }

  /**
   * A message of the gateway that names this turn.
   *
   * @internal
   * @param {any} message
   */
  take(message) {
    if (message.type === 'turn.accepted') this.handle = message.handle;
    else if (message.type === 'turn.started') this.#start(message.audio);
    else if (message.type === 'segment.started') this.segments.push(message);
    else if (message.type === 'segment.done') this.#complete(message);
    this.emit(message.type, message);
    if (message.type in TERMINALS || (message.type === 'error' && this.handle === undefined)) this.#end(message);
  }

  /** @param {{codec: string, rate: number, channels: number, unit: string}} audio */
  #start(audio) {
    this.audio = audio;
    if (this.#silenced || audio.codec !== 'pcm_s16le' || !this.#link.player.ready) return;
    this.#sounding = true;
    this.#link.player.open(/** @type {number} */ (this.handle), audio);
  }

  /** @param {{segment: number, duration_ms: number}} done */
  #complete(done) {
    const segment = this.segments.find((each) => each.segment === done.segment);
    if (segment) segment.duration_ms = done.duration_ms;
  }

  /** @param {any} message */
  async #end(message) {
    if (this.terminal) return;
    this.terminal = message;
    this.emit('terminal', message);
    if (message.type === 'turn.cancelled') await this.#silence();
    else if (this.#sounding) this.#link.player.end(/** @type {number} */ (this.handle));
    this.#finishIfOver();
  }

  /**
   * @internal
   * @param {Frame} frame
   * @param {ArrayBuffer} message
   */
  takeFrame(frame, message) {
    if (this.#silenced) return;
    this.emit('frame', frame);
    if (this.#sounding) this.#link.player.push(frame.handle, message, HEADER_BYTES);
  }

  /**
   * The connection is gone; what came is still played.
   *
   * @internal
   */
  lose() {
    if (!this.terminal) this.#end({ type: 'lost' });
  }

  /**
   * @internal
   * @param {number} ms
   * @param {number} aheadMs
   */
  hear(ms, aheadMs) {
    if (this.#silenced) return;
    this.heardMs = ms;
    this.emit('heard', ms, aheadMs);
    if (ms - this.#reportedMs < REPORT_MS) return;
    this.#reportedMs = ms;
    this.#link.tell('playback', { turn: this.id, played_ms: ms, state: 'playing' });
  }

  /**
   * @internal
   * @param {number} ms
   */
  hearEnd(ms) {
    if (this.#silenced) return;
    this.heardMs = ms;
    this.#sounding = false;
    this.emit('heard', ms, 0);
    this.#reportEnd();
    this.#finishIfOver();
  }

  #finishIfOver() {
    if (!this.terminal || this.#sounding) return;
    const finish = { ...this.#verdict(), ...this.#parts(), heardMs: this.heardMs, terminal: this.terminal };
    this.#resolve(finish);
    this.emit('finished', finish);
  }

  /** @returns {Pick<Finish, 'outcome' | 'error'>} */
  #verdict() {
    const { type, error } = this.terminal;
    if (this.#silenced) return { outcome: 'interrupted' };
    if (type === 'lost') return { outcome: 'lost' };
    const refused = type === 'error' ? this.terminal : error;
    return { outcome: TERMINALS[type] ?? 'failed', error: refused && new GatewayError(refused) };
  }

  /** As the gateway says, but for a turn that was interrupted after the gateway had sent all of it. */
  #parts() {
    const { heard, unheard } = this.terminal;
    if (heard?.text !== undefined && unheard?.text !== undefined) return { heard: heard.text, unheard: unheard.text };
    const border = this.heardLength;
    return { heard: this.#text.slice(0, border).join(''), unheard: this.#text.slice(border).join('') };
  }
}
