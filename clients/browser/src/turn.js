import { Captions } from './captions.js';
import { Emitter } from './emitter.js';
import { GatewayError } from './errors.js';
import { heardLength } from './heard.js';
import { Mouth } from './mouth.js';
import { HEADER_BYTES } from './wire.js';

const REPORT_MS = 250;
/** @type {Record<string, 'done' | 'cancelled' | 'failed'>} */
const TERMINALS = { 'turn.done': 'done', 'turn.cancelled': 'cancelled', 'turn.failed': 'failed' };

/** @import { Word } from './captions.js' */
/** @import { MouthShape } from './mouth.js' */
/** @import { Player } from './player.js' */
/** @import { Frame } from './wire.js' */

/**
 * @typedef {object} Segment
 * @property {number} segment
 * @property {string} [text] as spoken
 * @property {[number, number]} span code points of the turn's text
 * @property {string} [voice_id] none of a pause
 * @property {string} [language] none of a pause
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
 * @property {number} lostMs audio that was cut off and could not be had again; the sound went on behind it
 * @property {string} heard the text that was heard, to the last word begun; with `unheard` it is the whole text
 * @property {string} unheard
 * @property {any} terminal the gateway's last message about it, if one came
 * @property {GatewayError} [error]
 */

/**
 * @typedef {object} Link
 * @property {Player} player
 * @property {number} sound its name there
 * @property {() => string} ask a new id for a message that wants its answer
 * @property {(type: string, fields: object) => void} send throws when there is no connection, and none comes back
 * @property {(type: string, fields: object) => boolean} tell says whether there is one
 * @property {(type: string, fields: object) => void} report what is of no use later
 */

/**
 * What a page that goes leaves of a turn for the next.
 *
 * @typedef {object} Left
 * @property {string} id
 * @property {string} text
 * @property {number | undefined} handle
 * @property {{codec: string, rate: number, channels: number, unit: string} | undefined} audio
 * @property {number} heardMs
 */

/**
 * @typedef {object} Mark
 * @property {string} name
 * @property {number} at_ms on the turn's audio clock
 */

/**
 * One reply. Emits every message of the gateway that names it under the message's type, and:
 * `frame` (Frame), `playing` (), `heard` (ms, aheadMs), `underrun` (), `terminal` (message), `finished` (Finish).
 * Its `mark` (Mark) comes when the loudspeaker gets there, not when the gateway tells of it.
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
  /** What could not be had again after a cut, and was passed over. */
  lostMs = 0;
  /** @type {number | undefined} the number with which its journal begins */
  seq;

  /** @type {string[]} code points, as spans count them */
  #text;
  #link;
  #reportedMs = 0;
  #captions = new Captions();
  #mouth = new Mouth();
  /** @type {Mark[]} that the loudspeaker has not reached */
  #marks = [];
  #silenced = false;
  #sounding = false;
  /** A cancel is not answered yet. */
  #asked = false;
  #resolve = /** @type {(finish: Finish) => void} */ (() => {});

  /**
   * @param {string} id
   * @param {string} text
   * @param {Link} link
   */
  constructor(id, text, link) {
    super();
    this.id = id;
    this.sound = link.sound;
    this.#text = [...text];
    this.#link = link;
    /** @type {Promise<Finish>} never rejects; fulfilled when the last sample has been heard */
    this.finished = new Promise((resolve) => (this.#resolve = resolve));
  }

  /**
   * Text for a turn that was interrupted, or has ended, is dropped.
   *
   * @param {string} text of any size, cut anywhere
   * @param {{voice?: string | object, language?: string}} [manner] of this text only
   */
  append(text, manner = {}) {
    if (this.#say('turn.append', { text, ...manner })) this.#text.push(...text);
  }

  /** @param {string} name the event `mark` comes when what follows here in the text begins to sound */
  mark(name) {
    this.#say('turn.append', { mark: name });
  }

  /** @param {number} ms of silence, here in the text */
  pause(ms) {
    this.#say('turn.append', { pause_ms: ms });
  }

  /** How many code points of the text the loudspeaker has spoken, to the last word begun. */
  get heardLength() {
    return heardLength(this.#text, this.segments, this.heardMs, (segment) => this.#captions.of(segment));
  }

  /** Its words with their times, as far as they are known. Needs `captions: 'words'` in the session's config. */
  get words() {
    return this.#captions.words;
  }

  /**
   * @param {number} [ms] what is played now unless said
   * @returns {Word | undefined} the word that is being said there; none in a rest
   */
  wordAt(ms = this.heardMs) {
    return this.#captions.at(ms);
  }

  /**
   * For each animation frame. Needs `lip: true` in the session's config.
   *
   * @param {number} [ms] what is played now unless said
   * @returns {MouthShape}
   */
  mouthAt(ms = this.heardMs) {
    return this.#mouth.at(ms);
  }

  /** Speak what is held, without waiting for the end of its sentence. */
  flush() {
    this.#say('turn.flush', {});
  }

  /** No more text will come. */
  commit() {
    this.#say('turn.commit', {});
  }

  /**
   * What streams in behind an interrupt is nobody's any more.
   *
   * @param {string} type
   * @param {object} fields
   * @returns {boolean} whether it is said
   */
  #say(type, fields) {
    if (this.#silenced || this.terminal) return false;
    this.#link.send(type, { turn: this.id, ...fields });
    return true;
  }

  /**
   * Be silent within a few milliseconds, and tell the gateway what was heard.
   *
   * @param {'client' | 'barge_in'} [reason]
   * @returns {Promise<Finish>} it says which text was heard
   */
  async cancel(reason = 'client') {
    if (!this.#silenced && !this.#over) {
      this.#silenced = true;
      await this.#silence();
      this.#asked = this.terminal?.type !== 'lost' && this.#link.tell('turn.cancel', this.#cancelling(reason));
      this.#finishIfOver();
    }
    return this.finished;
  }

  /** @param {'client' | 'barge_in'} reason */
  #cancelling(reason) {
    return { id: this.#link.ask(), turn: this.id, played_ms: this.#link.player.ready ? this.heardMs : undefined, reason };
  }

  async #silence() {
    if (this.#sounding) this.heardMs = await this.#link.player.flush(this.#link.sound);
    this.#sounding = false;
  }

  /**
   * A message of the gateway that names this turn.
   *
   * @internal
   * @param {any} message
   */
  take(message) {
    if (message.type === 'turn.accepted') this.#accept(message);
    else if (message.type === 'turn.started') this.#start(message.audio);
    else if (message.type === 'segment.started') this.segments.push(message);
    else if (message.type === 'segment.done') this.#complete(message);
    else if (message.type === 'captions') this.#captions.take(message);
    else if (message.type === 'lip') this.#mouth.take(message);
    if (message.type === 'mark') this.#marks.push(message);
    else this.emit(message.type, message);
    if (message.type in TERMINALS || (message.type === 'error' && this.handle === undefined)) this.#end(message);
    else if (message.type === 'error' && this.terminal) this.#answered();
  }

  /** @param {{handle: number, seq?: number}} accepted */
  #accept({ handle, seq }) {
    this.handle = handle;
    this.seq ??= seq;
  }

  /** @param {{codec: string, rate: number, channels: number, unit: string}} audio again, when the journal is read again */
  #start(audio) {
    if (this.audio) return;
    this.audio = audio;
    if (this.#silenced || !this.#link.player.plays(audio.codec) || !this.#link.player.ready) return;
    this.#sounding = true;
    this.#link.player.open(this.#link.sound, audio, this.heardMs);
  }

  /** @param {{segment: number, duration_ms: number}} done */
  #complete(done) {
    const segment = this.segments.find((each) => each.segment === done.segment);
    if (segment) segment.duration_ms = done.duration_ms;
  }

  /**
   * A cancel that crosses the end of its turn is answered by that end once more, with what was heard.
   *
   * @param {any} message
   */
  async #end(message) {
    const first = !this.terminal;
    if (!first && !this.#asked) return;
    this.terminal = message;
    this.#asked &&= message.type === 'turn.done' && !message.repeated;
    if (first) this.emit('terminal', message);
    if (message.type === 'turn.cancelled') await this.#silence();
    else if (this.#sounding) this.#link.player.end(this.#link.sound, message.duration_ms);
    this.#finishIfOver();
  }

  /** There is no more to come about a cancel. */
  #answered() {
    this.#asked = false;
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
    if (this.#sounding) this.lostMs = this.#link.player.push(this.#link.sound, message, HEADER_BYTES, frame.position);
  }

  /** @internal */
  get left() {
    return { id: this.id, text: this.#text.join(''), handle: this.handle, audio: this.audio, heardMs: this.heardMs };
  }

  /**
   * Go on where the page before has gone.
   *
   * @internal
   * @param {Pick<Left, 'handle' | 'audio' | 'heardMs'>} left
   */
  goOn({ handle, audio, heardMs }) {
    this.handle = handle;
    this.heardMs = this.#reportedMs = heardMs;
    if (audio) this.#start(audio);
  }

  /**
   * The session is gone; what came is still played.
   *
   * @internal
   */
  lose() {
    if (this.terminal) this.#answered();
    else this.#end({ type: 'lost' });
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
    this.#reach(ms);
    if (ms - this.#reportedMs < REPORT_MS) return;
    this.#reportedMs = ms;
    this.#link.report('playback', { turn: this.id, played_ms: ms, state: 'playing' });
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
    this.#reach(ms);
    if (this.terminal?.type !== 'lost') this.#link.tell('playback', { turn: this.id, played_ms: ms, state: 'ended' });
    this.#finishIfOver();
  }

  /** @param {number} ms */
  #reach(ms) {
    while (this.#marks.length > 0 && this.#marks[0].at_ms <= ms) this.emit('mark', this.#marks.shift());
  }

  get #over() {
    return this.terminal && !this.#sounding && !this.#asked;
  }

  #finishIfOver() {
    if (!this.#over) return;
    const finish = { ...this.#verdict(), ...this.#parts(), heardMs: this.heardMs, lostMs: this.lostMs, terminal: this.terminal };
    if (finish.outcome === 'done') this.#reach(Infinity);
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

  /** As the gateway says, but for a turn that was played to the end of what had come. */
  #parts() {
    const { type, heard, unheard } = this.terminal;
    if (type !== 'turn.failed' && heard?.text !== undefined && unheard?.text !== undefined) return { heard: heard.text, unheard: unheard.text };
    const border = this.heardLength;
    return { heard: this.#text.slice(0, border).join(''), unheard: this.#text.slice(border).join('') };
  }
}
