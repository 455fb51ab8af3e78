import { OPUS_RATE, OpusDecoder, PRE_SKIP } from './opus.js';
import { Placing } from './placing.js';

const SAMPLE_BYTES = 2;

/** A turn's sound on its way to the audio thread: decoded, and placed on the turn's clock. */
export class Sound {
  /** What the listener has heard. */
  ms;
  /** @type {((ms: number) => void) | undefined} */
  flushed;

  #audio;
  #send;
  #placing;
  /** @type {OpusDecoder | undefined} */
  #decoder;

  /**
   * @param {{codec: string, rate: number, channels: number}} audio
   * @param {number} fromMs
   * @param {(buffer: ArrayBuffer, offset: number) => void} send pcm_s16le at `rate`, from `offset` on
   */
  constructor(audio, fromMs, send) {
    this.#audio = audio;
    this.#send = send;
    this.rate = audio.codec === 'opus' ? OPUS_RATE : audio.rate;
    this.ms = fromMs;
    this.#placing = new Placing(this.#samples(fromMs));
    if (audio.codec === 'opus') this.#decoder = new OpusDecoder(audio.channels, (pcm, at) => this.#place(pcm, 0, at - PRE_SKIP));
  }

  /** Milliseconds that are missing so far, and are passed over. */
  get lostMs() {
    return this.#ms(this.#placing.lost);
  }

  /**
   * @param {ArrayBuffer} buffer
   * @param {number} offset of the payload
   * @param {number} position of its first sample, at the turn's own rate
   */
  push(buffer, offset, position) {
    if (this.#decoder) this.#decoder.decode(new Uint8Array(buffer, offset), (position * OPUS_RATE) / this.#audio.rate);
    else this.#place(buffer, offset, position);
  }

  /**
   * Nothing more comes.
   *
   * @param {number | undefined} totalMs how long the sound is without what fills its last packet
   * @returns {Promise<number>} samples that are too many at its end
   */
  async end(totalMs) {
    await this.#decoder?.end();
    return this.#decoder && totalMs !== undefined ? Math.max(0, this.#placing.next - this.#samples(totalMs)) : 0;
  }

  close() {
    this.#decoder?.close();
  }

  /**
   * @param {number} played samples
   * @returns {number} on the turn's clock
   */
  clockMs(played) {
    return this.#ms(this.#placing.at(played));
  }

  /**
   * @param {ArrayBuffer} pcm
   * @param {number} offset
   * @param {number} position
   */
  #place(pcm, offset, position) {
    const group = SAMPLE_BYTES * this.#audio.channels;
    const again = this.#placing.take(position, (pcm.byteLength - offset) / group);
    this.#send(pcm, offset + again * group);
  }

  /** @param {number} ms */
  #samples(ms) {
    return Math.round((ms / 1000) * this.rate);
  }

  /** @param {number} samples */
  #ms(samples) {
    return rounded((samples / this.rate) * 1000);
  }
}

/** @param {number} ms to a hundredth, less than a sample */
export function rounded(ms) {
  return Math.round(ms * 100) / 100;
}
