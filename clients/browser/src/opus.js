/** Decoders give this rate, whatever was encoded. */
export const OPUS_RATE = 48000;
/** What the encoder looks ahead: sound begins 6.5 ms after the first packet does. */
export const PRE_SKIP = 312;

/** @returns {Promise<boolean>} whether this browser decodes Opus; Safari before 26, and pages without HTTPS, do not */
export async function decodesOpus() {
  if (!('AudioDecoder' in globalThis)) return false;
  const { supported } = await AudioDecoder.isConfigSupported(configuration(1));
  return supported ?? false;
}

/** Opus packets to pcm_s16le, in order, off the page's thread. */
export class OpusDecoder {
  #decoder;

  /**
   * @param {number} channels
   * @param {(pcm: ArrayBuffer, position: number) => void} hear
   */
  constructor(channels, hear) {
    this.#decoder = new AudioDecoder({
      output: (data) => hear(interleaved(data), Math.round((data.timestamp * OPUS_RATE) / 1e6)),
      error: reportError,
    });
    this.#decoder.configure(configuration(channels));
  }

  /**
   * @param {Uint8Array} packet
   * @param {number} position samples at OPUS_RATE
   */
  decode(packet, position) {
    if (this.#decoder.state !== 'configured') return;
    const timestamp = Math.round((position * 1e6) / OPUS_RATE);
    this.#decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp, data: packet }));
  }

  /** Resolves when all that was given has been heard. */
  async end() {
    if (this.#decoder.state !== 'configured') return;
    await this.#decoder.flush();
    this.close();
  }

  close() {
    if (this.#decoder.state !== 'closed') this.#decoder.close();
  }
}

/** @param {number} numberOfChannels */
function configuration(numberOfChannels) {
  return { codec: 'opus', sampleRate: OPUS_RATE, numberOfChannels };
}

/** @param {AudioData} data it is closed */
function interleaved(data) {
  const { numberOfFrames: frames, numberOfChannels: channels } = data;
  const pcm = new Int16Array(frames * channels);
  const plane = new Float32Array(frames);
  for (let channel = 0; channel < channels; channel++) {
    data.copyTo(plane, { planeIndex: channel, format: 'f32-planar' });
    for (let frame = 0; frame < frames; frame++) {
      pcm[frame * channels + channel] = Math.max(-32768, Math.min(32767, Math.round(plane[frame] * 32768)));
    }
  }
  data.close();
  return pcm.buffer;
}
