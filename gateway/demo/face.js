/** Half the width, the opening from 0 to 1, and how far the tongue is up, for each viseme. */
const SHAPES = {
  sil: [12, 0, 0], PP: [10, 0, 0], FF: [12, 0.25, 0], TH: [12, 0.4, 1], DD: [12, 0.45, 0.8], kk: [12, 0.5, 0.3],
  CH: [8, 0.55, 0.4], SS: [13, 0.3, 0.5], nn: [12, 0.4, 0.9], RR: [9, 0.5, 0.6], aa: [13, 1, 0], E: [15, 0.7, 0.2],
  ih: [14, 0.5, 0.3], oh: [9.5, 0.95, 0], ou: [6, 0.7, 0],
};
const BY_LEVEL = [12, 0.9, 0];
const REST = [12, 0, 0];
const CALM = [12, 0.45, 0];
const WIDEST = 15;
const CORNER = 64;
/** How much of the way to its shape a mouth makes in a frame. */
const EASE = 0.5;

/** A face whose mouth follows what the ear hears. Where less motion is wanted it opens once and closes once. */
export class Face {
  #lips;
  #teeth;
  #tongue;
  #calm = matchMedia('(prefers-reduced-motion: reduce)');
  #now = REST;

  /** @param {SVGElement} svg */
  constructor(svg) {
    this.#lips = svg.querySelector('#lips');
    this.#teeth = svg.querySelector('.teeth');
    this.#tongue = svg.querySelector('.tongue');
    this.#paint();
  }

  /**
   * One frame.
   *
   * @param {import('/client/mouth.js').MouthShape} [mouth] none: it rests
   * @returns {boolean} whether it is still on its way
   */
  show(mouth) {
    const wanted = mouth ? this.#shape(mouth) : REST;
    const far = wanted.some((value, index) => Math.abs(value - this.#now[index]) > 0.01);
    const ease = far && !this.#calm.matches ? EASE : 1;
    this.#now = this.#now.map((value, index) => value + (wanted[index] - value) * ease);
    this.#paint();
    return ease < 1;
  }

  /** @param {import('/client/mouth.js').MouthShape} mouth */
  #shape({ level, viseme }) {
    if (this.#calm.matches) return CALM;
    const [width, open, tongue] = SHAPES[viseme] ?? BY_LEVEL;
    return [width, open * Math.min(1, 0.25 + level) * Math.min(1, level * 8), tongue];
  }

  /** Two curves between the corners of the mouth, that at rest lie upon each other as a smile; teeth and tongue behind. */
  #paint() {
    const [width, open, tongue] = this.#now;
    const [upper, lower] = [70 - 18 * open, 71 + 15 * open];
    const [left, right, bend] = [50 - width, 50 + width, width * (0.3 + (0.4 * width) / WIDEST)];
    const over = `C${left + bend} ${upper} ${right - bend} ${upper} ${right} ${CORNER}`;
    const under = `C${right - bend} ${lower} ${left + bend} ${lower} ${left} ${CORNER}`;
    this.#lips.setAttribute('d', `M${left} ${CORNER}${over}${under}Z`);
    this.#teeth.setAttribute('y', String(middle(upper) - 6));
    this.#tongue.setAttribute('cy', String(middle(lower) + 6 - 7 * tongue * open));
  }
}

/** How far a curve gets whose two inner points stand at `y`. */
function middle(y) {
  return CORNER + 0.75 * (y - CORNER);
}
