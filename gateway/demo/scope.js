const BIN_MS = 20;
const SHORTEST_MS = 4000;
const BAR_PX = 3;
const GAP_PX = 2;

/** The turn's audio as it arrives, and how far the ear has come. */
export class Scope {
  #canvas;
  #pen;
  /** @type {number[]} the peak of every 20 ms */
  #peaks = [];
  #borders = [];
  #heardMs = 0;
  /** What was not heard will not be. */
  #cut = false;
  #asked = 0;

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.#canvas = canvas;
    this.#pen = canvas.getContext('2d');
    new ResizeObserver(() => this.draw()).observe(canvas);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw());
  }

  clear() {
    this.#peaks = [];
    this.#borders = [];
    this.#heardMs = 0;
    this.#cut = false;
    this.draw();
  }

  /** @param {import('/client/voice-gateway.js').Turn} turn */
  follow(turn) {
    this.clear();
    turn.on('frame', (frame) => this.#add(frame, turn.audio));
    turn.on('segment.started', ({ at_ms: at }) => this.#borders.push(at));
    turn.on('heard', (ms) => this.#hear(ms));
    turn.on('finished', ({ heardMs, outcome }) => {
      this.#cut = outcome !== 'done';
      this.#hear(heardMs);
    });
  }

  /**
   * @param {import('/client/wire.js').Frame} frame
   * @param {{rate: number, channels: number}} audio
   */
  #add({ payload, position }, { rate, channels }) {
    const samples = new Int16Array(payload.buffer, payload.byteOffset, payload.byteLength >> 1);
    const perBin = (rate * BIN_MS) / 1000;
    samples.forEach((sample, index) => {
      const bin = Math.floor((position + index / channels) / perBin);
      this.#peaks[bin] = Math.max(this.#peaks[bin] ?? 0, Math.abs(sample) / 32768);
    });
    this.draw();
  }

  /** @param {number} ms */
  #hear(ms) {
    this.#heardMs = ms;
    this.draw();
  }

  draw() {
    cancelAnimationFrame(this.#asked);
    this.#asked = requestAnimationFrame(() => this.#paint());
  }

  #paint() {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    this.#canvas.width = width * devicePixelRatio;
    this.#canvas.height = height * devicePixelRatio;
    this.#pen.scale(devicePixelRatio, devicePixelRatio);
    const span = Math.max(SHORTEST_MS, this.#peaks.length * BIN_MS);
    this.#paintBars(width, height, span / width);
    this.#paintMarks(height, width / span);
  }

  /**
   * @param {number} width
   * @param {number} height
   * @param {number} msPerPx
   */
  #paintBars(width, height, msPerPx) {
    const [heard, waiting, idle] = this.#colours('--needle', this.#cut ? '--line' : '--dim', '--line');
    for (let x = 0; x + BAR_PX <= width; x += BAR_PX + GAP_PX) {
      const peak = this.#peak(x * msPerPx, (x + BAR_PX + GAP_PX) * msPerPx);
      const tall = Math.max(2, Math.sqrt(peak) * (height - 14));
      this.#pen.fillStyle = peak === 0 ? idle : x * msPerPx < this.#heardMs ? heard : waiting;
      this.#pen.fillRect(x, (height - tall) / 2, BAR_PX, tall);
    }
  }

  #peak(fromMs, toMs) {
    const bins = this.#peaks.slice(Math.floor(fromMs / BIN_MS), Math.max(Math.floor(fromMs / BIN_MS) + 1, Math.floor(toMs / BIN_MS)));
    return bins.reduce((most, peak) => Math.max(most, peak ?? 0), 0);
  }

  /**
   * @param {number} height
   * @param {number} pxPerMs
   */
  #paintMarks(height, pxPerMs) {
    const [ink, needle] = this.#colours('--faint', '--needle');
    this.#pen.fillStyle = ink;
    for (const at of this.#borders) this.#pen.fillRect(at * pxPerMs, height - 5, 1, 5);
    if (this.#heardMs === 0) return;
    this.#pen.fillStyle = needle;
    this.#pen.fillRect(this.#heardMs * pxPerMs - 0.75, 0, 1.5, height);
  }

  /** Custom properties hold light-dark(); a real property resolves it. */
  #colours(...names) {
    return names.map((name) => {
      this.#canvas.style.color = `var(${name})`;
      return getComputedStyle(this.#canvas).color;
    });
  }
}
