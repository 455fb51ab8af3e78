import { CUT } from './close-codes.js';
import { encode, parseFrame, subprotocols } from './wire.js';

/** @import { Frame } from './wire.js' */

/**
 * @typedef {object} Ear
 * @property {() => void} ping says whatever makes the peer answer, if it can
 * @property {() => void} opened
 * @property {(message: any) => void} heard
 * @property {(frame: Frame, message: ArrayBuffer) => void} heardFrame
 * @property {(code: number) => void} closed once, and nothing after it
 */

/** One WebSocket. It is given up when nothing comes between two beats, though nobody has closed it. */
export class Socket {
  #socket;
  #ear;
  #came = true;
  #beating;

  /**
   * @param {URL} url
   * @param {string | undefined} credential
   * @param {number} beatMs
   * @param {Ear} ear
   */
  constructor(url, credential, beatMs, ear) {
    this.#socket = new WebSocket(url, subprotocols(credential));
    this.#ear = ear;
    this.#socket.binaryType = 'arraybuffer';
    this.#socket.onopen = () => this.#open();
    this.#socket.onmessage = ({ data }) => this.#take(data);
    this.#socket.onclose = ({ code }) => this.#end(code);
    this.#beating = setInterval(() => this.#beat(), beatMs);
  }

  /**
   * Into one that is closing it is not said; browsers complain of that.
   *
   * @param {string} type
   * @param {object} fields
   */
  send(type, fields) {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(encode(type, fields));
  }

  #open() {
    this.#came = true;
    this.#ear.opened();
  }

  #beat() {
    if (!this.#came) return this.drop();
    this.#came = false;
    this.#ear.ping();
  }

  /** @param {number} [code] */
  close(code) {
    this.#socket.close(code);
  }

  /** A closing handshake with a peer that is gone takes a minute: do not wait for it. */
  drop() {
    this.#socket.close();
    this.#end(CUT);
  }

  /** @param {string | ArrayBuffer} data */
  #take(data) {
    this.#came = true;
    if (typeof data === 'string') this.#ear.heard(JSON.parse(data));
    else this.#ear.heardFrame(parseFrame(data), data);
  }

  /** @param {number} code */
  #end(code) {
    clearInterval(this.#beating);
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    this.#ear.closed(code);
  }
}
