import { Emitter } from './emitter.js';
import { AudioUnavailable } from './errors.js';
import { Placing } from './placing.js';

const FLUSH_TIMEOUT_MS = 100;
const LATENCY_S = 1;
/** Firefox (153) stops for good when it is asked for its latency while it opens the device: seen in one start of three. */
const OPENING_S = globalThis.navigator?.userAgent.includes('Firefox') ? 2 : 0;

/**
 * @typedef {object} PlayerOptions
 * @property {number} [rate] wire rate; the context is asked for it, so that nothing need be resampled
 * @property {number} [prebufferMs] audio that is waited for before the first sample
 * @property {number} [unlockTimeoutMs] opening a device may take a second or two; a missing one never answers
 * @property {string | URL} [workletUrl] for bundlers that do not follow `new URL(…, import.meta.url)`
 */

/**
 * PCM of turns out of the loudspeaker, with the position that was really heard.
 *
 * Emits `playing` (sound), `heard` (sound, ms, aheadMs), `underrun` (sound), `ended` (sound, ms).
 */
export class Player extends Emitter {
  #options;
  /** @type {AudioContext | undefined} */
  #context;
  /** @type {AudioWorkletNode | undefined} */
  #node;
  /** @type {AnalyserNode | undefined} */
  #analyser;
  /** @type {Promise<void> | undefined} */
  #loaded;
  #latencyS = 0;
  /** On the context's clock. */
  #latencyDue = 0;
  /** @type {Map<number, {rate: number, channels: number, placing: Placing, ms: number, flushed?: (ms: number) => void}>} */
  #turns = new Map();

  /** @param {PlayerOptions} [options] */
  constructor({
    rate = 24000,
    prebufferMs = 60,
    unlockTimeoutMs = 4000,
    workletUrl = new URL('./player-worklet.js', import.meta.url),
  } = {}) {
    super();
    this.#options = { rate, prebufferMs, unlockTimeoutMs, workletUrl };
  }

  get ready() {
    return this.#node !== undefined && this.#context?.state === 'running';
  }

  get context() {
    return this.#context;
  }

  /** The voice as an AudioNode, before the analyser: connect effects or a recorder here. */
  get output() {
    return this.#node;
  }

  get analyser() {
    return this.#analyser;
  }

  /**
   * Open the loudspeaker. Call it inside a click or a key press, before anything else is awaited; again when the
   * browser has suspended the sound.
   *
   * @returns {Promise<void>}
   * @throws {AudioUnavailable}
   */
  async unlock() {
    try {
      this.#context ??= openContext(this.#options.rate);
      const opening = Promise.all([this.#context.resume(), (this.#loaded ??= this.#load(this.#context))]);
      await within(this.#options.unlockTimeoutMs, opening);
      this.#latencyDue = this.#context.currentTime + OPENING_S;
    } catch (cause) {
      throw new AudioUnavailable(cause);
    }
  }

  /** @param {AudioContext} context */
  async #load(context) {
    try {
      await context.audioWorklet.addModule(this.#options.workletUrl);
    } catch (error) {
      this.#loaded = undefined;
      throw error;
    }
    const node = new AudioWorkletNode(context, 'voice-gateway-player', { numberOfInputs: 0, outputChannelCount: [2] });
    node.port.onmessage = ({ data }) => this.#report(data);
    this.#analyser = new AnalyserNode(context, { fftSize: 1024 });
    node.connect(this.#analyser).connect(context.destination);
    this.#node = node;
  }

  /**
   * @param {number} sound the caller's name for it
   * @param {{rate: number, channels: number}} audio
   * @param {number} [fromMs] where to begin on the turn's clock; what comes before is left out
   */
  open(sound, { rate, channels }, fromMs = 0) {
    const placing = new Placing(Math.round((fromMs / 1000) * rate));
    this.#turns.set(sound, { rate, channels, placing, ms: fromMs });
    this.#post({ type: 'open', sound, rate, channels, prebufferMs: this.#options.prebufferMs });
  }

  /**
   * @param {number} sound
   * @param {ArrayBuffer} buffer pcm_s16le from `offset` on; it moves to the audio thread
   * @param {number} offset
   * @param {number} position samples per channel of the turn that come before
   * @returns {number} milliseconds that have been missing so far, and are passed over
   */
  push(sound, buffer, offset, position) {
    const turn = this.#turns.get(sound);
    if (!turn) return 0;
    const sampleBytes = 2 * turn.channels;
    const again = turn.placing.take(position, (buffer.byteLength - offset) / sampleBytes);
    this.#node?.port.postMessage({ type: 'push', sound, buffer, offset: offset + again * sampleBytes }, [buffer]);
    return rounded((turn.placing.lost / turn.rate) * 1000);
  }

  /** @param {number} sound nothing more will come of it */
  end(sound) {
    this.#post({ type: 'end', sound });
  }

  /**
   * Silence a turn within a few milliseconds.
   *
   * @param {number} sound
   * @returns {Promise<number>} the milliseconds of it that were played
   */
  flush(sound) {
    const turn = this.#turns.get(sound);
    if (!turn) return Promise.resolve(0);
    this.#post({ type: 'flush', sound });
    return new Promise((resolve) => {
      turn.flushed = resolve;
      // A suspended context does not answer; its last word stands.
      setTimeout(() => resolve(turn.ms), FLUSH_TIMEOUT_MS);
    });
  }

  /** The loudness of this moment, root mean square: 0 silent, 1 full scale. */
  level() {
    if (!this.#analyser) return 0;
    const wave = new Float32Array(this.#analyser.fftSize);
    this.#analyser.getFloatTimeDomainData(wave);
    return Math.sqrt(wave.reduce((sum, sample) => sum + sample * sample, 0) / wave.length);
  }

  async close() {
    this.#node?.disconnect();
    await this.#context?.close();
    this.#context = this.#node = this.#analyser = this.#loaded = undefined;
  }

  /** @param {object} message */
  #post(message) {
    this.#node?.port.postMessage(message);
  }

  /** @param {any} report from the audio thread */
  #report({ type, sound, samples, ahead }) {
    const turn = this.#turns.get(sound);
    if (!turn) return;
    const playedMs = rounded((turn.placing.at(samples ?? 0) / turn.rate) * 1000);
    const latencyMs = this.#latencyMs();
    if (type === 'position') {
      turn.ms = Math.max(turn.ms, rounded(playedMs - latencyMs));
      this.emit('heard', sound, turn.ms, (ahead / turn.rate) * 1000);
    } else if (type === 'flushed') {
      this.#turns.delete(sound);
      turn.flushed?.(samples === null ? turn.ms : playedMs);
    } else if (type === 'ended') {
      turn.ms = playedMs;
      setTimeout(() => this.#ended(sound, playedMs), latencyMs);
    } else {
      this.emit(type, sound);
    }
  }

  /**
   * @param {number} sound
   * @param {number} ms
   */
  #ended(sound, ms) {
    if (this.#turns.delete(sound)) this.emit('ended', sound, ms);
  }

  /** From the audio thread to the ear; browsers that do not know say 0. */
  #latencyMs() {
    const { currentTime = 0, baseLatency = 0 } = this.#context ?? {};
    if (currentTime >= this.#latencyDue) {
      this.#latencyDue = currentTime + LATENCY_S;
      this.#latencyS = this.#context?.outputLatency || baseLatency;
    }
    return this.#latencyS * 1000;
  }
}

/** @param {number} ms to a hundredth, less than a sample */
function rounded(ms) {
  return Math.round(ms * 100) / 100;
}

/** @param {number} sampleRate */
function openContext(sampleRate) {
  try {
    return new AudioContext({ sampleRate, latencyHint: 'interactive' });
  } catch {
    return new AudioContext({ latencyHint: 'interactive' });
  }
}

/**
 * `resume()` never settles without a device or a gesture.
 *
 * @template T
 * @param {number} ms
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
function within(ms, promise) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`Nothing within ${ms} ms`)), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
