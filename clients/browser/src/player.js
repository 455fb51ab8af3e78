import { Emitter } from './emitter.js';
import { AudioUnavailable } from './errors.js';
import { Sound, rounded } from './sound.js';

const FLUSH_TIMEOUT_MS = 100;
const LATENCY_S = 1;
/**
 * Firefox (153) stops for good when it is asked for its latency while it opens the device: seen in one start of three, and
 * two seconds after the start still in one of four where the processor was busy.
 */
const OPENING_S = globalThis.navigator?.userAgent.includes('Firefox') ? 30 : 0;

/**
 * @typedef {object} PlayerOptions
 * @property {number} [rate] wire rate; the context is asked for it, so that nothing need be resampled
 * @property {number} [prebufferMs] audio that is waited for before the first sample
 * @property {number} [unlockTimeoutMs] opening a device may take a second or two; a missing one never answers
 * @property {string | URL} [workletUrl] for bundlers that do not follow `new URL(…, import.meta.url)`
 */

/**
 * PCM or Opus of turns out of the loudspeaker, with the position that was really heard.
 *
 * Emits `playing` (name), `heard` (name, ms, aheadMs), `underrun` (name), `ended` (name, ms); `audio-unavailable` () when
 * the browser stops the sound, for a telephone call or a sleeping device, and `audio-available` () when it goes on.
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
  /** @type {Map<number, Sound>} by name */
  #sounds = new Map();

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
      this.#context ??= this.#opened();
      const opening = Promise.all([this.#context.resume(), (this.#loaded ??= this.#load(this.#context))]);
      await within(this.#options.unlockTimeoutMs, opening);
      this.#latencyDue = this.#context.currentTime + OPENING_S;
    } catch (cause) {
      throw new AudioUnavailable(cause);
    }
  }

  #opened() {
    const context = openContext(this.#options.rate);
    context.onstatechange = () => this.emit(context.state === 'running' ? 'audio-available' : 'audio-unavailable');
    return context;
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

  /** @param {string} codec */
  plays(codec) {
    return codec === 'pcm_s16le' || (codec === 'opus' && 'AudioDecoder' in globalThis);
  }

  /**
   * @param {number} name the caller's for this sound
   * @param {{codec: string, rate: number, channels: number}} audio
   * @param {number} [fromMs] where to begin on the turn's clock; what comes before is left out
   */
  open(name, audio, fromMs = 0) {
    const sound = new Sound(audio, fromMs, (buffer, offset) => this.#post({ type: 'push', sound: name, buffer, offset }, [buffer]));
    this.#sounds.set(name, sound);
    const { rate } = sound;
    this.#post({ type: 'open', sound: name, rate, channels: audio.channels, prebufferMs: this.#options.prebufferMs });
  }

  /**
   * @param {number} name
   * @param {ArrayBuffer} buffer it moves to the audio thread
   * @param {number} offset of the payload
   * @param {number} position samples per channel of the turn that come before
   * @returns {number} milliseconds that have been missing so far, and are passed over
   */
  push(name, buffer, offset, position) {
    const sound = this.#sounds.get(name);
    sound?.push(buffer, offset, position);
    return sound?.lostMs ?? 0;
  }

  /**
   * Nothing more will come of it.
   *
   * @param {number} name
   * @param {number} [totalMs] how long it is, where that is known
   */
  async end(name, totalMs) {
    const surplus = await this.#sounds.get(name)?.end(totalMs);
    this.#post({ type: 'end', sound: name, surplus });
  }

  /**
   * Silence a turn within a few milliseconds.
   *
   * @param {number} name
   * @returns {Promise<number>} the milliseconds of it that were played
   */
  flush(name) {
    const sound = this.#sounds.get(name);
    if (!sound) return Promise.resolve(0);
    sound.close();
    this.#post({ type: 'flush', sound: name });
    return new Promise((resolve) => {
      sound.flushed = resolve;
      // A suspended context does not answer; its last word stands.
      setTimeout(() => resolve(sound.ms), FLUSH_TIMEOUT_MS);
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
    if (this.#context) this.#context.onstatechange = null;
    this.#node?.disconnect();
    await this.#context?.close();
    this.#context = this.#node = this.#analyser = this.#loaded = undefined;
  }

  /**
   * @param {object} message
   * @param {Transferable[]} [moved]
   */
  #post(message, moved = []) {
    this.#node?.port.postMessage(message, moved);
  }

  /** @param {any} report from the audio thread */
  #report({ type, sound: name, samples, ahead }) {
    const sound = this.#sounds.get(name);
    if (!sound) return;
    const playedMs = sound.clockMs(samples ?? 0);
    const latencyMs = this.#latencyMs();
    if (type === 'position') {
      sound.ms = Math.max(sound.ms, rounded(playedMs - latencyMs));
      this.emit('heard', name, sound.ms, (ahead / sound.rate) * 1000);
    } else if (type === 'flushed') {
      this.#sounds.delete(name);
      sound.flushed?.(samples === null ? sound.ms : playedMs);
    } else if (type === 'ended') {
      sound.ms = playedMs;
      setTimeout(() => this.#ended(name, playedMs), latencyMs);
    } else {
      this.emit(type, name);
    }
  }

  /**
   * @param {number} name
   * @param {number} ms
   */
  #ended(name, ms) {
    if (this.#sounds.delete(name)) this.emit('ended', name, ms);
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
