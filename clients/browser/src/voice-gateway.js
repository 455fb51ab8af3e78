import { Emitter } from './emitter.js';
import { ConnectionClosed, GatewayError } from './errors.js';
import { Player } from './player.js';
import { Turn } from './turn.js';
import { encode, parseFrame, streamUrl, subprotocols } from './wire.js';

export { AudioUnavailable, ConnectionClosed, GatewayError } from './errors.js';
export { Turn } from './turn.js';

const CLIENT = 'voice-gateway-js/0.1.0';

/** @import { PlayerOptions } from './player.js' */

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
 * A session with a Voice Gateway, heard through this page's loudspeaker.
 *
 * Emits every message of the gateway under its type, as (message, turn?), and: `message` (message) for all of them,
 * `sent` (message), `turn` (Turn), `frame` (Frame, Turn), `playing` · `heard` (ms, aheadMs) · `underrun` (…, Turn),
 * `mark` (Mark, Turn) when it sounds, `finished` (Finish, Turn), `close` (ConnectionClosed).
 */
export class VoiceGateway extends Emitter {
  /** @type {string | undefined} a later connect() takes the one that stands here then */
  token;

  #url;
  #config;
  /** @type {WebSocket | undefined} */
  #socket;
  /** @type {Promise<any> | undefined} */
  #welcome;
  /** @type {Map<string, Turn>} */
  #turns = new Map();
  /** @type {Map<number, Turn>} */
  #handles = new Map();
  /** @type {Map<string, {resolve: (reply: any) => void, reject: (error: Error) => void}>} */
  #asked = new Map();
  /** @type {GatewayError | undefined} what the gateway said before it closed */
  #fatal;
  #count = 0;

  /**
   * @param {string | URL} [url] `wss://host/v1/stream`; the page's own host unless said
   * @param {{token?: string, config?: object} & PlayerOptions} [options]
   */
  constructor(url = '/', { token, config, ...audio } = {}) {
    super();
    this.token = token;
    this.#url = streamUrl(url, globalThis.location?.href);
    this.#config = config;
    this.player = new Player(audio);
    this.player.on('playing', (handle) => this.#handles.get(handle)?.emit('playing'));
    this.player.on('underrun', (handle) => this.#handles.get(handle)?.emit('underrun'));
    this.player.on('heard', (handle, ms, aheadMs) => this.#handles.get(handle)?.hear(ms, aheadMs));
    this.player.on('ended', (handle, ms) => this.#handles.get(handle)?.hearEnd(ms));
  }

  get connected() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Open the loudspeaker: call it first, inside a click or a key press. Throws `AudioUnavailable`. */
  unlock() {
    return this.player.unlock();
  }

  /**
   * @returns {Promise<any>} the gateway's `welcome`; the same one while the connection lasts
   * @throws {ConnectionClosed}
   */
  connect() {
    this.#welcome ??= new Promise((resolve, reject) => {
      const socket = new WebSocket(this.#url, subprotocols(this.token));
      socket.binaryType = 'arraybuffer';
      this.#asked.set('hello', { resolve, reject });
      socket.onopen = () => this.#send('hello', { v: 1, id: 'hello', client: CLIENT, config: this.#config });
      socket.onmessage = ({ data }) => (typeof data === 'string' ? this.#take(JSON.parse(data)) : this.#takeFrame(data));
      socket.onclose = ({ code }) => this.#closed(code);
      this.#socket = socket;
    });
    return this.#welcome;
  }

  /**
   * @param {object} config a merge patch
   * @param {'next_segment' | 'next_turn'} [apply]
   * @returns {Promise<any>} the gateway's `configured`
   * @throws {GatewayError | ConnectionClosed}
   */
  configure(config, apply = 'next_segment') {
    return this.#ask('configure', { config, apply });
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
    return Promise.all([...this.#turns.values()].map((turn) => turn.cancel('barge_in')));
  }

  /** @returns {Promise<number>} milliseconds to the gateway and back */
  async ping() {
    const sent = performance.now();
    await this.#ask('ping', {});
    return performance.now() - sent;
  }

  /** End the session and give the loudspeaker back. */
  async close() {
    if (this.connected) this.#send('bye', {});
    this.#socket?.close(1000);
    await this.player.close();
  }

  /**
   * @param {'speak' | 'turn.open'} type
   * @param {TurnOptions & {text?: string}} fields
   */
  #begin(type, { turn: id = `t${++this.#count}`, ...fields }) {
    const turn = new Turn(id, fields.text ?? '', {
      player: this.player,
      send: (...message) => this.#send(...message),
      tell: (...message) => this.#tell(...message),
    });
    this.#send(type, { id, turn: id, ...fields });
    this.#turns.set(id, turn);
    for (const name of ['frame', 'playing', 'heard', 'mark', 'underrun', 'finished']) {
      turn.on(name, (...details) => this.emit(name, ...details, turn));
    }
    turn.on('finished', () => this.#forget(turn));
    this.emit('turn', turn);
    return turn;
  }

  /** @param {Turn} turn */
  #forget(turn) {
    this.#turns.delete(turn.id);
    if (turn.handle !== undefined) this.#handles.delete(turn.handle);
  }

  /**
   * @param {string} type
   * @param {object} fields
   */
  #send(type, fields) {
    if (!this.#socket || !this.connected) throw new Error('There is no connection: await connect() first');
    const message = encode(type, fields);
    this.#socket.send(message);
    this.emit('sent', { type, ...fields });
  }

  /**
   * @param {string} type
   * @param {object} fields
   */
  #tell(type, fields) {
    if (this.connected) this.#send(type, fields);
    return this.connected;
  }

  /**
   * @param {string} type
   * @param {object} fields
   */
  #ask(type, fields) {
    const id = `q${++this.#count}`;
    return new Promise((resolve, reject) => {
      this.#send(type, { id, ...fields });
      this.#asked.set(id, { resolve, reject });
    });
  }

  /** @param {any} message */
  #take(message) {
    this.emit('message', message);
    if (message.type === 'error' && message.fatal) this.#fatal = new GatewayError(message);
    const asked = this.#asked.get(message.re);
    this.#asked.delete(message.re);
    if (message.type === 'error') asked?.reject(new GatewayError(message));
    else asked?.resolve(message);
    const turn = this.#turns.get(message.turn ?? message.re);
    if (turn && message.type === 'turn.accepted') this.#handles.set(message.handle, turn);
    turn?.take(message);
    if (message.type !== 'mark') this.emit(message.type, message, turn);
  }

  /** @param {ArrayBuffer} message */
  #takeFrame(message) {
    const frame = parseFrame(message);
    this.#handles.get(frame.handle)?.takeFrame(frame, message);
  }

  /** @param {number} code */
  #closed(code) {
    const closed = new ConnectionClosed(code, this.#fatal);
    this.#socket = this.#welcome = this.#fatal = undefined;
    for (const { reject } of this.#asked.values()) reject(closed);
    this.#asked.clear();
    for (const turn of this.#turns.values()) turn.lose();
    this.emit('close', closed);
  }
}
