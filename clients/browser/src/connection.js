import { CUT, DRAIN, IDLE, RESUME_REFUSED, TOKEN_EXPIRED, UNAUTHORIZED, delayMs, isFinal } from './close-codes.js';
import { Emitter } from './emitter.js';
import { ConnectionClosed, GatewayError } from './errors.js';
import { Outbox, opens } from './outbox.js';
import { Socket } from './socket.js';

const CLIENT = 'voice-gateway-js/0.1.0';
/** A token is renewed when so much of its time has gone; where none came, when so much of the rest has. */
const RENEW_AT = 0.8;
const RENEW_LEAST_MS = 1000;

/** @import { Frame } from './wire.js' */

/**
 * @typedef {object} Standing
 * @property {string} session
 * @property {string} token good for one resume
 * @property {number} lastSeq
 * @property {number} n of the last message
 */

/**
 * @typedef {object} ConnectionOptions
 * @property {() => string | undefined | Promise<string | undefined>} credential asked for each handshake
 * @property {() => boolean} renewable whether that may be another one each time
 * @property {() => object | undefined} config of a session that begins
 * @property {(refused: GatewayError) => boolean} yields whether it is another one after this
 * @property {(arrived: number) => number} needless up to which number the gateway need not keep what has arrived
 * @property {number} heartbeatMs between pings
 */

/**
 * A session, over as many sockets as it takes.
 *
 *     over ──open()──▶ greeting ──welcome──▶ up ──cut──▶ waiting ──▶ greeting ──resumed──▶ up
 *       ▲                                    │ │ 4203: asleep until something is said
 *       └──── a close code that is final ────┘
 *
 * Emits `message` (message), `frame` (Frame, ArrayBuffer), `sent` (message), `reconnecting` ({closeCode, attempt, inMs}),
 * `lost` (Set of the turns that go on in the next session), `close` (ConnectionClosed) when nothing comes back by itself.
 */
export class Connection extends Emitter {
  #url;
  #options;
  #outbox = new Outbox();
  /** @type {Socket | undefined} */
  #socket;
  /** @type {Greeting | undefined} */
  #greeting;
  /** @type {Omit<Standing, 'n'> | undefined} */
  #session;
  #windowMs = 0;
  /** Since a ping was answered. */
  #attempts = 0;
  /** There was a session, and it or another one comes back. */
  #alive = false;
  #up = false;
  #asleep = false;
  #draining = false;
  /** @type {GatewayError | undefined} what the gateway said before it closed */
  #fatal;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #waiting;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #renewing;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #losing;
  #online = () => this.#waiting && this.#dial();

  /**
   * @param {URL} url
   * @param {ConnectionOptions} options
   */
  constructor(url, options) {
    super();
    this.#url = url;
    this.#options = options;
  }

  get up() {
    return this.#up;
  }

  /** @returns {Standing | undefined} what another page needs to resume the session */
  get standing() {
    return this.#session && { ...this.#session, n: this.#outbox.n };
  }

  /**
   * @param {Standing} [standing] of a session that another page has left
   * @returns {Promise<any>} `welcome`, or `resumed`
   */
  open(standing) {
    if (standing && !this.#greeting) {
      const { n, ...session } = standing;
      this.#session = session;
      this.#outbox.n = n;
    }
    this.#greeting ??= new Greeting();
    if (!this.#socket && !this.#waiting) this.#dial();
    return this.#greeting.promise;
  }

  /**
   * Say something: now, or when the connection is back.
   *
   * @param {string} type
   * @param {any} fields
   * @throws {Error} when it does not come back
   */
  send(type, fields) {
    if (!this.#alive) throw new Error('There is no connection: await connect() first');
    const kept = this.#outbox.put(type, fields);
    if (this.#draining && opens(type)) this.#outbox.hold(fields.turn);
    if (this.#up && !this.#outbox.holds(fields.turn)) this.#say(kept);
    else if (this.#asleep) this.open();
  }

  /**
   * @param {string} type
   * @param {any} fields
   * @returns {boolean} whether it is said, now or later
   */
  tell(type, fields) {
    if (this.#alive) this.send(type, fields);
    return this.#alive;
  }

  /**
   * Say what is true only now.
   *
   * @param {string} type
   * @param {any} fields
   */
  report(type, fields) {
    if (this.#up) this.#write(type, fields);
  }

  /** End the session. */
  close() {
    this.report('bye', {});
    this.#alive = false;
    if (this.#socket) this.#socket.close(1000);
    else this.#end(new ConnectionClosed(1000));
  }

  async #dial() {
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
    this.#asleep = false;
    const greeting = this.#greeting;
    try {
      const credential = await this.#options.credential();
      if (greeting === this.#greeting && !this.#socket) this.#socket = this.#opened(credential);
    } catch (error) {
      if (this.#alive) this.#comeBack(CUT);
      else this.#end(error);
    }
  }

  /** @param {string | undefined} credential */
  #opened(credential) {
    const { heartbeatMs } = this.#options;
    return new Socket(this.#url, credential, heartbeatMs, {
      ping: () => this.#ping(),
      opened: () => this.#hello(),
      heard: (message) => this.#take(message),
      heardFrame: (frame, message) => this.#takeFrame(frame, message),
      closed: (code) => this.#closed(code),
    });
  }

  #hello() {
    const { session, token, lastSeq } = this.#session ?? {};
    const begin = session ? { resume: { session, token, last_seq: lastSeq } } : { config: this.#options.config() };
    this.#write('hello', { v: 1, id: 'hello', client: CLIENT, ...begin });
  }

  /**
   * @param {Frame} frame
   * @param {ArrayBuffer} message
   */
  #takeFrame(frame, message) {
    this.#reach(frame.seq);
    this.emit('frame', frame, message);
  }

  /** @param {any} message */
  #take(message) {
    this.#reach(message.to_seq ?? message.seq);
    if (message.re) this.#outbox.answer(message.re);
    if (message.type === 'error' && this.#crossed(message)) return;
    if (message.type === 'error' && message.fatal) this.#fatal = new GatewayError(message);
    else if (message.type === 'error' && message.re === 'hello') this.#refused(new GatewayError(message));
    if (message.type === 'goaway') this.#draining = true;
    if (message.type === 'welcome' || message.type === 'resumed') this.#greeted(message);
    this.emit('message', message);
    if (message.type === 'pong') this.#settle(message.last_n);
  }

  /** @param {GatewayError} error */
  #refused(error) {
    if (this.#options.yields(error)) {
      this.#hello();
      return;
    }
    this.#alive = false;
    this.#greeting?.reject(error);
    this.#socket?.close(1000);
  }

  /** @param {number | undefined} seq */
  #reach(seq) {
    if (seq !== undefined && this.#up && this.#session) this.#session.lastSeq = seq;
  }

  /**
   * Whether a turn has crossed the gateway's `goaway`: it is refused, and with it all that was said of it.
   *
   * @param {{code: string, turn?: string, fatal?: boolean}} error
   */
  #crossed({ code, turn, fatal }) {
    if (code === 'draining' && turn !== undefined && !fatal) this.#outbox.hold(turn);
    return this.#outbox.holds(turn);
  }

  /** @param {any} message `welcome` or `resumed` */
  #greeted(message) {
    const { session, resume_token: token, resume_window_ms: windowMs, from_seq: fromSeq = 1, last_n: lastN } = message;
    this.#session = token && { session, token, lastSeq: fromSeq - 1 };
    this.#windowMs = windowMs;
    this.#alive = this.#up = true;
    clearTimeout(this.#losing);
    globalThis.addEventListener('online', this.#online);
    this.#renewIn(message.limits.token_ms);
    this.#outbox.release();
    for (const kept of this.#outbox.after(lastN ?? 0)) this.#say(kept);
    this.#ping();
    this.#greeting?.resolve(message);
  }

  #ping() {
    const arrived = this.#session?.lastSeq;
    this.report('ping', { last_seq: arrived && this.#options.needless(arrived) });
  }

  /** @param {number | null} lastN */
  #settle(lastN) {
    this.#attempts = 0;
    for (const { type, fields } of this.#outbox.settle(lastN ?? 0)) this.send(type, fields);
  }

  /** @param {import('./outbox.js').Kept} kept */
  #say(kept) {
    kept.sent = true;
    this.#write(kept.type, { n: kept.n, ...kept.fields });
  }

  /**
   * @param {string} type
   * @param {any} fields
   */
  #write(type, fields) {
    this.#socket?.send(type, fields);
    const { token: _, resume: __, ...shown } = fields;
    this.emit('sent', { type, ...shown });
  }

  /**
   * @param {number | undefined} tokenMs how long a token is good
   * @param {number | undefined} leftMs of the one that is in use
   */
  #renewIn(tokenMs, leftMs = tokenMs) {
    clearTimeout(this.#renewing);
    if (tokenMs !== undefined && leftMs !== undefined && this.#options.renewable()) {
      this.#renewing = setTimeout(() => this.#renew(tokenMs, leftMs * (1 - RENEW_AT)), leftMs * RENEW_AT);
    }
  }

  /**
   * @param {number} tokenMs
   * @param {number} leftMs
   */
  async #renew(tokenMs, leftMs) {
    const connection = this.#socket;
    try {
      const token = await this.#options.credential();
      if (connection !== this.#socket) return;
      this.report('configure', { token });
      this.#renewIn(tokenMs);
    } catch (error) {
      reportError(error);
      if (connection === this.#socket && leftMs > RENEW_LEAST_MS) this.#renewIn(tokenMs, leftMs);
    }
  }

  /** @param {number} code */
  #closed(code) {
    const anew = this.#beginsAnew(code);
    if (this.#up) this.#cut();
    this.#socket = undefined;
    const closed = new ConnectionClosed(code, this.#fatal);
    this.#fatal = undefined;
    if (!anew && (!this.#alive || isFinal(code))) return this.#end(closed);
    if (anew || code === DRAIN || !this.#session) this.#moveOn();
    if (code === IDLE) this.#sleep(closed);
    else this.#comeBack(code);
  }

  #cut() {
    this.#up = this.#draining = false;
    this.#greeting = new Greeting();
    clearTimeout(this.#renewing);
    this.#losing = setTimeout(() => this.#moveOn(), this.#windowMs);
  }

  /**
   * Whether another session may be had where this one may not go on.
   *
   * @param {number} code
   */
  #beginsAnew(code) {
    if (code === RESUME_REFUSED) return this.#session !== undefined;
    return this.#up && this.#options.renewable() && (code === UNAUTHORIZED || code === TOKEN_EXPIRED);
  }

  /** The session is gone. */
  #moveOn() {
    clearTimeout(this.#losing);
    this.#session = undefined;
    this.emit('lost', this.#outbox.moveOn());
  }

  /** @param {number} code */
  #comeBack(code) {
    const inMs = code === RESUME_REFUSED ? 0 : delayMs(code, this.#attempts);
    this.#attempts += 1;
    this.#waiting = setTimeout(() => this.#dial(), inMs);
    this.emit('reconnecting', { closeCode: code, attempt: this.#attempts, inMs });
  }

  /** @param {ConnectionClosed} closed */
  #sleep(closed) {
    this.#asleep = true;
    this.#greeting = undefined;
    this.emit('close', closed);
  }

  /** @param {any} why */
  #end(why) {
    clearTimeout(this.#waiting);
    clearTimeout(this.#losing);
    globalThis.removeEventListener('online', this.#online);
    this.#waiting = this.#session = undefined;
    this.#alive = this.#asleep = false;
    this.#outbox = new Outbox();
    this.#greeting?.reject(why);
    this.#greeting = undefined;
    this.emit('lost', new Set());
    this.emit('close', why);
  }
}

/** What `open` promises. Nobody need wait for it. */
class Greeting {
  resolve = /** @type {(message: any) => void} */ (() => {});
  reject = /** @type {(why: unknown) => void} */ (() => {});

  constructor() {
    /** @type {Promise<any>} */
    this.promise = new Promise((resolve, reject) => Object.assign(this, { resolve, reject }));
    this.promise.catch(() => {});
  }
}
