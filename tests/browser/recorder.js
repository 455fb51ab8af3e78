/** Gives the page what comes in, in pieces of 4096 samples. */
class Recorder extends AudioWorkletProcessor {
  #piece = new Float32Array(4096);
  #filled = 0;

  process([[channel]]) {
    for (const sample of channel ?? new Float32Array(128)) {
      this.#piece[this.#filled++] = sample;
      if (this.#filled === this.#piece.length) this.#give();
    }
    return true;
  }

  #give() {
    this.port.postMessage(this.#piece.slice());
    this.#filled = 0;
  }
}

registerProcessor('recorder', Recorder);
