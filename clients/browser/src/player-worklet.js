/**
 * The audio thread's half of the player. Turns sound one after another, in the order in which they were opened.
 *
 *     in   open    {sound, rate, channels, prebufferMs}
 *          push    {sound, buffer, offset}     s16le from `offset` on; the buffer is transferred
 *          end     {sound, surplus}            nothing more will come, and so much at the end is too much
 *          flush   {sound}                     fade out and forget the rest
 *     out  playing {sound}                    the first sample is in this block
 *          position {sound, samples, ahead}   taken by the loudspeaker; still waiting here
 *          underrun {sound}
 *          ended   {sound, samples}           played to the last sample
 *          flushed {sound, samples}           silent since then
 *
 * Samples count per channel at the turn's own rate. This file imports nothing, so that any bundler can copy it.
 */

const REPORT_S = 0.02;
const FADE_S = 0.006;
/** What an underrun adds to the jitter buffer, up to the most. */
const MORE_S = 0.04;
const MOST_S = 0.4;

/** A ring of interleaved samples that grows; frames keep their number in the turn for as long as they are kept. */
export class SampleQueue {
  /** @param {number} channels */
  constructor(channels) {
    this.channels = channels;
    this.begin = 0;
    this.end = 0;
    this.ring = new Int16Array(channels << 14);
  }

  get frames() {
    return this.ring.length / this.channels;
  }

  /** @param {Int16Array} samples whole frames */
  push(samples) {
    const count = samples.length / this.channels;
    while (this.end - this.begin + count > this.frames) this.grow();
    const from = (this.end % this.frames) * this.channels;
    const first = samples.subarray(0, this.ring.length - from);
    this.ring.set(first, from);
    this.ring.set(samples.subarray(first.length), 0);
    this.end += count;
  }

  grow() {
    const larger = new Int16Array(this.ring.length * 2);
    for (let frame = this.begin; frame < this.end; frame++) {
      const from = (frame % this.frames) * this.channels;
      larger.set(this.ring.subarray(from, from + this.channels), (frame % (this.frames * 2)) * this.channels);
    }
    this.ring = larger;
  }

  /**
   * @param {number} frame silence outside of what is kept
   * @param {number} channel
   */
  at(frame, channel) {
    if (frame < this.begin || frame >= this.end) return 0;
    return this.ring[(frame % this.frames) * this.channels + channel] / 32768;
  }

  /** @param {number} frame the first that is still needed */
  release(frame) {
    this.begin = Math.max(this.begin, Math.min(frame, this.end));
  }
}

/** Reads a queue between its samples: a windowed sinc, low-passed when the context is the slower side. */
export class Interpolation {
  static LOBES = 12;
  static STEPS = 512;
  /** sinc × Blackman window, from the middle outwards. */
  static KERNEL = Float32Array.from({ length: Interpolation.LOBES * Interpolation.STEPS + 2 }, (_, index) => {
    const x = index / Interpolation.STEPS;
    if (x >= Interpolation.LOBES) return 0;
    const turn = (Math.PI * x) / Interpolation.LOBES;
    const window = 0.42 + 0.5 * Math.cos(turn) + 0.08 * Math.cos(2 * turn);
    return x === 0 ? 1 : (Math.sin(Math.PI * x) / (Math.PI * x)) * window;
  });

  /** @param {number} step queue frames per context frame; 1 reads exactly */
  constructor(step) {
    this.cutoff = Math.min(1, 1 / step);
    this.reach = step === 1 ? 0 : Math.ceil(Interpolation.LOBES / this.cutoff);
  }

  /**
   * @param {SampleQueue} queue
   * @param {number} cursor
   * @param {number} channel
   */
  read(queue, cursor, channel) {
    const middle = Math.floor(cursor);
    if (this.reach === 0) return queue.at(middle, channel);
    let sum = 0;
    for (let frame = middle - this.reach + 1; frame <= middle + this.reach; frame++) {
      sum += queue.at(frame, channel) * this.weight(Math.abs(frame - cursor));
    }
    return sum;
  }

  /** @param {number} distance in queue frames */
  weight(distance) {
    const place = distance * this.cutoff * Interpolation.STEPS;
    if (place >= Interpolation.KERNEL.length - 2) return 0;
    const index = Math.floor(place);
    const below = Interpolation.KERNEL[index];
    return this.cutoff * (below + (Interpolation.KERNEL[index + 1] - below) * (place - index));
  }
}

/** One turn on the audio thread: buffered until there is enough, then played, then ended or flushed. */
export class PlayedTurn {
  /**
   * @param {{sound: number, rate: number, channels: number, prebufferMs: number}} opened
   * @param {number} contextRate
   */
  constructor({ sound, rate, channels, prebufferMs }, contextRate) {
    this.sound = sound;
    this.rate = rate;
    this.contextRate = contextRate;
    this.step = rate / contextRate;
    this.queue = new SampleQueue(channels);
    this.interpolation = new Interpolation(this.step);
    this.cursor = 0;
    this.started = false;
    this.buffering = true;
    this.complete = false;
    this.prebuffer = (prebufferMs / 1000) * rate;
    this.waited = 0;
    this.fading = Infinity;
  }

  get samples() {
    return Math.min(Math.floor(this.cursor), this.queue.end);
  }

  get ahead() {
    return this.queue.end - this.samples;
  }

  get silent() {
    return this.fading <= 0 || (this.complete && this.cursor >= this.queue.end);
  }

  /** Little that comes slowly is played too: nothing waits longer than twice the jitter buffer. */
  get ready() {
    const enough = this.ahead >= this.prebuffer || this.waited >= 2 * this.prebuffer;
    return this.complete || (this.ahead > 0 && enough);
  }

  /** @param {number} [surplus] */
  finish(surplus = 0) {
    this.queue.end = Math.max(this.samples, this.queue.end - surplus);
    this.complete = true;
  }

  fade() {
    this.fading = this.buffering ? 0 : Math.min(this.fading, Math.round(FADE_S * this.contextRate));
  }

  /**
   * Play into `output` from index `at` on.
   *
   * @param {Float32Array[]} output
   * @param {number} at
   * @returns {number} the first index that was not filled
   */
  render(output, at) {
    if (this.buffering) {
      if (!this.ready) return this.wait(output[0].length - at, at);
      this.buffering = false;
    }
    const last = this.complete ? this.queue.end : this.queue.end - this.interpolation.reach;
    for (; at < output[0].length && this.cursor < last && this.fading > 0; at++) this.play(output, at);
    this.queue.release(Math.floor(this.cursor) - this.interpolation.reach);
    return at;
  }

  /**
   * @param {number} blockFrames
   * @param {number} at
   */
  wait(blockFrames, at) {
    if (this.ahead > 0) this.waited += blockFrames * this.step;
    return at;
  }

  /**
   * @param {Float32Array[]} output
   * @param {number} at
   */
  play(output, at) {
    const fade = Math.round(FADE_S * this.contextRate);
    const gain = this.fading < fade ? this.fading / fade : 1;
    for (let channel = 0; channel < output.length; channel++) {
      output[channel][at] =
        channel < this.queue.channels ? gain * this.interpolation.read(this.queue, this.cursor, channel) : output[0][at];
    }
    this.cursor += this.step;
    this.fading -= 1;
  }

  starve() {
    this.buffering = true;
    this.waited = 0;
    this.prebuffer = Math.min(this.prebuffer + MORE_S * this.rate, Math.max(this.prebuffer, MOST_S * this.rate));
  }
}

/** @param {{buffer: ArrayBuffer, offset: number}} message */
function samplesOf({ buffer, offset }) {
  return new Int16Array(buffer, offset, (buffer.byteLength - offset) >> 1);
}

class Player extends AudioWorkletProcessor {
  /** @type {PlayedTurn[]} */
  #turns = [];
  #sinceReport = 0;

  constructor() {
    super();
    this.port.onmessage = ({ data }) => this.#take(data);
  }

  /** @param {any} message */
  #take(message) {
    if (message.type === 'open') {
      this.#turns.push(new PlayedTurn(message, sampleRate));
      return;
    }
    const turn = this.#turns.find(({ sound }) => sound === message.sound);
    if (message.type === 'push') turn?.queue.push(samplesOf(message));
    else if (message.type === 'end') turn?.finish(message.surplus);
    else if (message.type === 'flush') this.#flush(message.sound, turn);
  }

  /**
   * @param {number} sound
   * @param {PlayedTurn | undefined} turn
   */
  #flush(sound, turn) {
    turn?.fade();
    if (!turn) this.port.postMessage({ type: 'flushed', sound, samples: null });
    else if (turn.silent || turn !== this.#turns[0]) this.#leave(turn, 'flushed');
  }

  /**
   * @param {PlayedTurn} turn
   * @param {'ended' | 'flushed'} type
   */
  #leave(turn, type) {
    this.#turns = this.#turns.filter((other) => other !== turn);
    this.port.postMessage({ type, sound: turn.sound, samples: turn.samples });
  }

  /**
   * @param {Float32Array[][]} _inputs
   * @param {Float32Array[][]} outputs
   */
  process(_inputs, [output]) {
    for (let at = 0; at < output[0].length && this.#turns.length > 0; ) {
      const turn = this.#turns[0];
      at = this.#play(turn, output, at);
      if (turn.silent) this.#leave(turn, turn.fading <= 0 ? 'flushed' : 'ended');
      else break;
    }
    return true;
  }

  /**
   * @param {PlayedTurn} turn
   * @param {Float32Array[]} output
   * @param {number} from
   */
  #play(turn, output, from) {
    const at = turn.render(output, from);
    if (at > from && !turn.started) {
      turn.started = true;
      this.port.postMessage({ type: 'playing', sound: turn.sound });
    }
    if (at < output[0].length && !turn.silent && !turn.buffering) this.#starve(turn);
    else this.#report(turn, at - from);
    return at;
  }

  /** @param {PlayedTurn} turn */
  #starve(turn) {
    if (turn.fading < Infinity) turn.fading = 0;
    turn.starve();
    this.port.postMessage({ type: 'underrun', sound: turn.sound });
  }

  /**
   * @param {PlayedTurn} turn
   * @param {number} frames
   */
  #report(turn, frames) {
    this.#sinceReport += frames;
    if (frames === 0 || this.#sinceReport < REPORT_S * sampleRate) return;
    this.#sinceReport = 0;
    this.port.postMessage({ type: 'position', sound: turn.sound, samples: turn.samples, ahead: turn.ahead });
  }
}

registerProcessor('voice-gateway-player', Player);
