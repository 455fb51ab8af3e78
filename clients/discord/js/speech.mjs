/** Speech as Opus packets over one session, which goes on when its connection is cut. */
import { Readable } from 'node:stream';
import WebSocket from 'ws';

const HEADER = 16;
const AUDIO = { codec: 'opus', rate: 24000, channels: 1, bitrate: 32000, frame_ms: 20 };
const TERMINALS = new Set(['turn.done', 'turn.cancelled', 'turn.failed']);
const RECEIPT_MS = 1000;
const LONGEST_MS = 30_000;

/** @param {number} code of the close */
const mayComeBack = (code) => [1000, 1001, 1006, 1011, 1012, 1013].includes(code) || (code >= 4100 && code < 4300);
const opens = ({ type }) => type === 'speak' || type === 'turn.open';

export class Speech {
  #url;
  #secret;
  #socket;
  /** What the gateway answered last: a session and the token that resumes it. */
  #answer = null;
  #isUp = false;
  /** The gateway goes away, and takes no new turns. */
  #isLeaving = false;
  #lastSeq = 0;
  #n = 0;
  #count = 0;
  /** Messages that may not have arrived, each with its `n`. */
  #waiting = [];
  /** Those of turns that wait for a gateway that takes them. */
  #later = [];
  /** Turns that are asked for again without their language. */
  #again = new Set();
  #turns = new Map();
  #handles = new Map();
  #attempt = 0;
  #closed = false;
  #receipts;

  /** @param {string} url such as http://127.0.0.1:8080 */
  constructor(url, { secret } = {}) {
    this.#url = url.replace(/^http/, 'ws').replace(/\/$/, '') + '/v1/stream';
    this.#secret = secret;
    this.#receipts = setInterval(() => this.#put({ type: 'ping', last_seq: this.#lastSeq }), RECEIPT_MS);
    this.#connect();
  }

  /**
   * `packets`: an object stream for `createAudioResource(…, {inputType: StreamType.Opus})`; it breaks with what the turn failed with.
   * A language that the gateway does not speak is left to the text.
   * @param {string | AsyncIterable<string>} text whole, or as a language model gives it
   * @param {{language?: string, voice?: string}} options
   */
  speak(text, options = {}) {
    const id = `t${++this.#count}`;
    const packets = new Readable({ objectMode: true, highWaterMark: 1 << 20, read() {} });
    packets.on('error', () => {}); // nobody need listen before it is played
    this.#turns.set(id, packets);
    if (typeof text === 'string') this.#send({ type: 'speak', turn: id, text, audio: AUDIO, ...options });
    else this.#feed(id, text, options).catch((error) => this.#fail(id, error));
    return { packets, cancel: (playedMs) => this.#cancel(id, playedMs) };
  }

  close() {
    this.#closed = true;
    clearInterval(this.#receipts);
    this.#put({ type: 'bye' });
    this.#socket.close();
  }

  async #feed(id, pieces, options) {
    this.#send({ type: 'turn.open', turn: id, audio: AUDIO, ...options });
    for await (const text of pieces) if (text) this.#send({ type: 'turn.append', turn: id, text });
    this.#send({ type: 'turn.commit', turn: id });
  }

  /** The stream ends here and now; the gateway learns what was heard. */
  #cancel(id, playedMs) {
    this.#end(id);
    this.#send({ type: 'turn.cancel', turn: id, played_ms: playedMs, reason: 'barge_in' });
  }

  #connect() {
    const headers = this.#secret ? { Authorization: `Bearer ${this.#secret}` } : {};
    const socket = new WebSocket(this.#url, 'voice-gateway.v1', { headers, perMessageDeflate: false });
    this.#socket = socket;
    socket.on('open', () => socket.send(JSON.stringify({ type: 'hello', v: 1, ...this.#hello() })));
    socket.on('message', (data, binary) => (binary ? this.#frame(data) : this.#hear(JSON.parse(data))));
    socket.on('error', () => {});
    socket.on('close', (code) => this.#lost(code));
  }

  #hello() {
    if (!this.#answer?.resume_token) return {};
    const { session, resume_token: token } = this.#answer;
    return { resume: { session, token, last_seq: this.#lastSeq } };
  }

  #lost(code) {
    this.#isUp = false;
    if (this.#closed) return;
    if (code === 4008 || !this.#answer?.resume_token) this.#forget(`the session was lost (${code})`);
    else if (!mayComeBack(code)) return this.#forget(`the connection was lost (${code})`);
    const most = this.#attempt ? Math.min(LONGEST_MS, 1000 * 2 ** this.#attempt) : code >= 4200 ? 3000 : 100;
    this.#attempt += 1;
    setTimeout(() => this.#connect(), Math.random() * most);
  }

  /** Its turns are over, but for those of which it was told nothing. */
  #forget(why) {
    this.#answer = null;
    this.#lastSeq = 0;
    this.#waiting = [];
    for (const id of [...this.#turns.keys()]) if (!this.#isLater(id)) this.#fail(id, new Error(why));
  }

  #hear(message) {
    this.#lastSeq = Math.max(this.#lastSeq, (message.type === 'skipped' ? message.to_seq : message.seq) ?? 0);
    if (message.type === 'welcome' || message.type === 'resumed') this.#up(message);
    else if (message.type === 'pong') this.#arrived(message.last_n ?? 0);
    else if (message.type === 'goaway') this.#isLeaving = true;
    else if (message.type === 'turn.accepted') this.#accepted(message);
    else if (message.type === 'turn.failed') this.#fail(message.turn, new Error(message.error.code));
    else if (message.type === 'error' && message.turn) this.#refused(message);
    else if (TERMINALS.has(message.type)) this.#end(message.turn);
  }

  #accepted({ turn, handle }) {
    this.#handles.set(handle, turn);
    this.#again.delete(turn);
  }

  /** A turn may cross the gateway's `goaway`, or have a language that it does not speak. */
  #refused({ turn, code, field, fatal }) {
    if (code === 'draining' && !fatal) {
      this.#later.push(...this.#takeBack(turn));
    } else if (field === 'language' && !this.#again.has(turn)) {
      const messages = this.#takeBack(turn);
      this.#again.add(turn);
      for (const { language, ...message } of messages) this.#send(message);
    } else if (!this.#isLater(turn) && !(this.#again.has(turn) && code === 'unknown_turn')) {
      this.#fail(turn, new Error(code));
    }
  }

  #takeBack(turn) {
    const messages = this.#waiting.filter((message) => message.turn === turn);
    this.#waiting = this.#waiting.filter((message) => message.turn !== turn);
    return messages;
  }

  #up(answer) {
    this.#answer = answer;
    this.#isUp = true;
    this.#isLeaving = false;
    this.#waiting = this.#waiting.filter(({ n }) => n > (answer.last_n ?? 0));
    for (const message of this.#waiting) this.#socket.send(JSON.stringify(message));
    for (const message of this.#later.splice(0)) this.#send(message);
  }

  #frame(data) {
    this.#lastSeq = data.readUInt32LE(8);
    this.#turns.get(this.#handles.get(data.readUInt32LE(4)))?.push(data.subarray(HEADER));
  }

  #arrived(lastN) {
    this.#attempt = 0;
    this.#waiting = this.#waiting.filter(({ n }) => n > lastN);
  }

  #send(message) {
    if (this.#isLater(message.turn) || (opens(message) && (this.#isLeaving || !this.#isUp))) {
      this.#later.push(message);
      return;
    }
    const numbered = { ...message, n: ++this.#n };
    this.#waiting.push(numbered);
    this.#put(numbered);
  }

  #isLater(turn) {
    return this.#later.some((message) => message.turn === turn);
  }

  #put(message) {
    if (this.#isUp && this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #end(id) {
    this.#turns.get(id)?.push(null);
    this.#turns.delete(id);
  }

  #fail(id, error) {
    this.#turns.get(id)?.destroy(error);
    this.#turns.delete(id);
  }
}
