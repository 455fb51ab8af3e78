import { Connection } from './connection.js';
import { Emitter } from './emitter.js';
import { GatewayError } from './errors.js';
import { Handover } from './handover.js';
import { merged } from './merge.js';
import { decodesOpus } from './opus.js';
import { Player } from './player.js';
import { Turn } from './turn.js';
import { streamUrl } from './wire.js';

export { AudioUnavailable, ConnectionClosed, GatewayError } from './errors.js';
export { Turn } from './turn.js';

/**
 * @import { PlayerOptions } from './player.js'
 * @import { ConnectionClosed } from './errors.js'
 */

/**
 * @typedef {import('./captions.js').Word} Word
 * @typedef {import('./mouth.js').MouthShape} MouthShape
 * @typedef {import('./turn.js').Finish} Finish
 * @typedef {import('./turn.js').Mark} Mark
 * @typedef {import('./turn.js').Segment} Segment
 * @typedef {import('./wire.js').Frame} Frame
 */

/**
 * A function is asked for each handshake, and before its last token expires.
 *
 * @typedef {string | (() => string | undefined | Promise<string | undefined>)} Token
 */

/**
 * @typedef {object} SessionOptions
 * @property {Token} [token] what the gateway asks for, if it has a secret
 * @property {object} [config] the session's settings
 * @property {'auto' | 'opus' | 'pcm_s16le'} [codec] `auto`: Opus, a tenth of the bytes, where browser and gateway have it
 * @property {Storage} [handover] `sessionStorage`, for a session that outlives a reload of its page
 * @property {number} [heartbeatMs] a connection on which nothing comes between two pings is given up
 */

/**
 * @typedef {object} TurnOptions
 * @property {string} [turn] its id; one is made up otherwise
 * @property {string | object} [voice] a voice_id, or voice settings merged over the session's
 * @property {string} [language] `auto` or a BCP-47 tag
 * @property {object} [audio] merged over the session's
 * @property {object} [text_rules] merged over the session's: how text becomes speech
 * @property {Record<string, string>} [labels] for the operator's books
 * @property {boolean} [prepare] synthesise into the gateway's cache, and send no sound
 */

/**
 * A session with a Voice Gateway, heard through this page's loudspeaker. A connection that breaks comes back by itself,
 * with the sound that is missing.
 *
 * Emits every message of the gateway under its type, as (message, turn?), and: `message` (message) for all of them,
 * `sent` (message), `turn` (Turn), `frame` (Frame, Turn), `playing` · `heard` (ms, aheadMs) · `underrun` (…, Turn),
 * `mark` (Mark, Turn) when it sounds, `finished` (Finish, Turn), `reconnecting` ({closeCode, attempt, inMs}),
 * `close` (ConnectionClosed) when the connection does not come back by itself; `audio-unavailable` () when the browser stops
 * the sound: `unlock` it again in a click; `audio-available` ().
 */
export class VoiceGateway extends Emitter {
  /** @type {Token | undefined} the next handshake takes the one that stands here then */
  token;

  #config;
  /** @type {'auto' | 'opus' | 'pcm_s16le'} */
  #codec;
  #connection;
  #handover;
  /** @type {Map<string, Turn>} */
  #turns = new Map();
  /** @type {Map<number, Turn>} */
  #handles = new Map();
  /** @type {Map<number, Turn>} */
  #sounds = new Map();
  /** @type {Map<string, {resolve: (reply: any) => void, reject: (error: Error) => void}>} */
  #asked = new Map();
  #count = 0;
  #made = 0;
  /** @param {PageTransitionEvent} event */
  #leaving = ({ persisted }) => this.#leave(persisted);

  /**
   * @param {string | URL} [url] `wss://host/v1/stream`; the page's own host unless said
   * @param {SessionOptions & PlayerOptions} [options]
   */
  constructor(url = '/', { token, config, codec = 'pcm_s16le', handover, heartbeatMs = 10_000, ...audio } = {}) {
    super();
    const address = streamUrl(url, globalThis.location?.href);
    this.token = token;
    this.#config = config;
    this.#codec = codec;
    this.#handover = new Handover(handover, address);
    this.#connection = this.#connected(address, heartbeatMs);
    this.player = new Player(audio);
    this.player.on('playing', (sound) => this.#sounds.get(sound)?.emit('playing'));
    this.player.on('underrun', (sound) => this.#sounds.get(sound)?.emit('underrun'));
    this.player.on('heard', (sound, ms, aheadMs) => this.#sounds.get(sound)?.hear(ms, aheadMs));
    this.player.on('ended', (sound, ms) => this.#sounds.get(sound)?.hearEnd(ms));
    for (const name of ['audio-available', 'audio-unavailable']) this.player.on(name, () => this.emit(name));
    globalThis.addEventListener?.('pagehide', this.#leaving);
  }

  /** Whether what is said now is heard now; while it reconnects it is heard later. */
  get connected() {
    return this.#connection.up;
  }

  /** Whether the page before has left a session that `connect` goes on with. */
  get handedOver() {
    return this.#handover.left !== undefined;
  }

  /** Open the loudspeaker: call it first, inside a click or a key press. Throws `AudioUnavailable`. */
  unlock() {
    return this.player.unlock();
  }

  /**
   * @returns {Promise<any>} the gateway's `welcome` or `resumed`; the same one while the connection lasts
   * @throws {ConnectionClosed | GatewayError}
   */
  async connect() {
    if (this.#codec === 'auto' && !(await decodesOpus())) this.#codec = 'pcm_s16le';
    return this.#connection.open(this.#handover.left?.standing);
  }

  /**
   * @param {object} config a merge patch
   * @param {'next_segment' | 'next_turn'} [apply]
   * @returns {Promise<any>} the gateway's `configured`
   * @throws {GatewayError | ConnectionClosed}
   */
  async configure(config, apply = 'next_segment') {
    const configured = await this.#ask('configure', { config, apply });
    this.#config = merged(this.#config, config);
    return configured;
  }

  /**
   * Say a whole reply.
   *
   * @param {string} text
   * @param {TurnOptions} [options]
   */
  speak(text, options = {}) {
    return this.#begin('speak', { text, ...options });
  }

  /**
   * Begin a reply whose text streams in: `append` it as it comes, then `commit`.
   *
   * @param {TurnOptions} [options]
   */
  openTurn(options = {}) {
    return this.#begin('turn.open', options);
  }

  /** Silence everything that sounds or waits. */
  interrupt() {
    return Promise.all([...this.#sounds.values()].map((turn) => turn.cancel('barge_in')));
  }

  /** @returns {Promise<number>} milliseconds to the gateway and back */
  async ping() {
    const sent = performance.now();
    await this.#ask('ping', {});
    return performance.now() - sent;
  }

  /** End the session and give the loudspeaker back. */
  async close() {
    globalThis.removeEventListener?.('pagehide', this.#leaving);
    this.#connection.close();
    await this.player.close();
  }

  /**
   * @param {URL} url
   * @param {number} heartbeatMs
   */
  #connected(url, heartbeatMs) {
    const connection = new Connection(url, {
      heartbeatMs,
      credential: () => (typeof this.token === 'function' ? this.token() : this.token),
      renewable: () => typeof this.token === 'function',
      config: () => this.#wanted,
      yields: (refused) => this.#yields(refused),
      needless: (arrived) => (this.#handover.open ? this.#needless(arrived) : arrived),
    });
    connection.on('message', (message) => this.#take(message));
    connection.on('frame', (frame, message) => this.#handles.get(frame.handle)?.takeFrame(frame, message));
    connection.on('sent', (message) => this.emit('sent', message));
    connection.on('reconnecting', (attempt) => this.emit('reconnecting', attempt));
    connection.on('lost', (kept) => this.#lose(kept));
    connection.on('close', (closed) => this.#closed(closed));
    return connection;
  }

  get #wanted() {
    return this.#codec === 'pcm_s16le' ? this.#config : merged({ audio: { codec: 'opus' } }, this.#config ?? {});
  }

  /**
   * A gateway need not have Opus.
   *
   * @param {GatewayError} refused
   */
  #yields({ field }) {
    if (this.#codec !== 'auto' || !field?.startsWith('audio')) return false;
    this.#codec = 'pcm_s16le';
    return true;
  }

  /**
   * @param {'speak' | 'turn.open'} type
   * @param {TurnOptions & {text?: string}} fields
   */
  #begin(type, { turn: id = this.#id('t'), ...fields }) {
    const turn = this.#turn(id, fields.text ?? '');
    this.#connection.send(type, { id, turn: id, ...fields });
    this.#follow(turn);
    return turn;
  }

  /**
   * @param {string} id
   * @param {string} text
   */
  #turn(id, text) {
    return new Turn(id, text, {
      player: this.player,
      sound: ++this.#made,
      ask: () => this.#id('c'),
      send: (...message) => this.#connection.send(...message),
      tell: (...message) => this.#connection.tell(...message),
      report: (...message) => this.#connection.report(...message),
    });
  }

  /** @param {Turn} turn */
  #follow(turn) {
    this.#turns.set(turn.id, turn);
    this.#sounds.set(turn.sound, turn);
    for (const name of ['frame', 'playing', 'heard', 'mark', 'underrun', 'finished']) {
      turn.on(name, (...details) => this.emit(name, ...details, turn));
    }
    turn.on('finished', () => this.#forget(turn));
    this.emit('turn', turn);
  }

  /** @param {Turn} turn */
  #forget(turn) {
    this.#sounds.delete(turn.sound);
    if (this.#turns.get(turn.id) === turn) this.#turns.delete(turn.id);
    if (this.#handles.get(turn.handle ?? 0) === turn) this.#handles.delete(turn.handle ?? 0);
  }

  /** @param {string} kind */
  #id(kind) {
    return `${kind}${++this.#count}`;
  }

  /**
   * @param {string} type
   * @param {object} fields
   */
  #ask(type, fields) {
    const id = this.#id('q');
    return new Promise((resolve, reject) => {
      this.#connection.send(type, { id, ...fields });
      this.#asked.set(id, { resolve, reject });
    });
  }

  /** @param {any} message */
  #take(message) {
    if (message.type === 'welcome' || message.type === 'resumed') this.#goOn(message);
    if (message.lost && message.type === 'resumed') this.#makeSure(message);
    this.emit('message', message);
    const asked = this.#asked.get(message.re);
    this.#asked.delete(message.re);
    if (message.type === 'error') asked?.reject(new GatewayError(message));
    else asked?.resolve(message);
    const turn = this.#turns.get(message.turn ?? message.re);
    if (turn && message.type === 'turn.accepted') this.#handles.set(message.handle, turn);
    turn?.take(message);
    if (message.type !== 'mark') this.emit(message.type, message, turn);
  }

  /**
   * Take over what the page before has left.
   *
   * @param {{type: string, session: string}} greeting
   */
  #goOn({ session }) {
    const left = this.#handover.left;
    this.#handover.clear();
    if (left?.standing.session !== session) return;
    this.#count = left.count;
    for (const each of left.turns) {
      const turn = this.#turn(each.id, each.text);
      if (each.handle !== undefined) this.#handles.set(each.handle, turn);
      turn.goOn(each);
      this.#follow(turn);
    }
  }

  /**
   * What told of a turn's beginning may be lost, or of its end: it has none when all that was kept has come.
   *
   * @param {{turns: {turn: string, handle: number, audio: any}[]}} resumed
   */
  async #makeSure({ turns }) {
    const unsure = new Set(this.#handles.values());
    for (const { turn: id, handle, audio } of turns) {
      const turn = this.#turns.get(id);
      if (!turn) continue;
      unsure.delete(turn);
      this.#handles.set(handle, turn);
      turn.goOn({ handle, audio, heardMs: turn.heardMs });
    }
    await this.#ask('ping', {}).catch(() => {});
    for (const turn of unsure) if (!turn.terminal) turn.lose();
  }

  /**
   * The gateway need not keep this session, or keeps it for the next page.
   *
   * @param {boolean} persisted this page may be shown again as it is
   */
  #leave(persisted) {
    const { standing } = this.#connection;
    if (this.#handover.open && standing) {
      const turns = [...this.#turns.values()].map((turn) => turn.left);
      const lastSeq = this.#needless(standing.lastSeq);
      this.#handover.leave({ standing: { ...standing, lastSeq }, turns, count: this.#count });
    } else if (!persisted) {
      this.#connection.report('bye', {});
    }
  }

  /**
   * A page that is loaded again needs the turns that still sound from their beginning.
   *
   * @param {number} arrived
   */
  #needless(arrived) {
    const begun = [...this.#turns.values()].map(({ seq }) => seq ?? arrived + 1);
    return Math.min(arrived, ...begun.map((seq) => seq - 1));
  }

  /** @param {Set<string>} kept turns of which the session that is gone was told nothing */
  #lose(kept) {
    this.#handles.clear();
    for (const [id, turn] of this.#turns) {
      if (kept.has(id)) continue;
      this.#turns.delete(id);
      turn.lose();
    }
  }

  /** @param {ConnectionClosed} closed */
  #closed(closed) {
    for (const { reject } of this.#asked.values()) reject(closed);
    this.#asked.clear();
    this.emit('close', closed);
  }
}
