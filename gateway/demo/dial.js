/** The languages as stations; what stands under the needle is chosen. */
export class Dial {
  #stations;
  #choose;

  /**
   * @param {HTMLElement} stations
   * @param {{tag: string, name: string, english: string}[]} languages
   * @param {(tag: string) => void} choose
   */
  constructor(stations, languages, choose) {
    this.#stations = stations;
    this.#choose = choose;
    stations.append(...languages.map(station));
    stations.addEventListener('change', () => this.#tune());
    stations.addEventListener('scrollend', () => this.#settle());
  }

  get language() {
    return this.#chosen().value;
  }

  /** @param {string} tag */
  turnTo(tag) {
    this.#input(tag).checked = true;
    this.#centre('instant');
    this.#choose(tag);
  }

  #tune() {
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.#centre(calm ? 'instant' : 'smooth');
    this.#choose(this.language);
  }

  /** Dragged or scrolled by hand: take the station nearest to the needle. */
  #settle() {
    const middle = this.#stations.getBoundingClientRect().left + this.#stations.clientWidth / 2;
    const off = (label) => Math.abs(centreOf(label) - middle);
    const nearest = [...this.#stations.children].reduce((best, label) => (off(label) < off(best) ? label : best));
    const input = nearest.querySelector('input');
    if (input.checked) return;
    input.checked = true;
    this.#choose(input.value);
  }

  /** @param {ScrollBehavior} behavior */
  #centre(behavior) {
    const label = this.#chosen().closest('label');
    const left = label.offsetLeft + label.offsetWidth / 2 - this.#stations.clientWidth / 2;
    this.#stations.scrollTo({ left, behavior });
  }

  #chosen() {
    return this.#stations.querySelector('input:checked');
  }

  #input(tag) {
    return this.#stations.querySelector(`input[value="${CSS.escape(tag)}"]`);
  }
}

function centreOf(label) {
  const box = label.getBoundingClientRect();
  return box.left + box.width / 2;
}

function station({ tag, name, english }) {
  const label = Object.assign(document.createElement('label'), { className: 'station' });
  const input = Object.assign(document.createElement('input'), { type: 'radio', name: 'language', value: tag });
  const native = Object.assign(document.createElement('b'), { textContent: name });
  if (tag !== 'auto') native.lang = tag;
  const small = Object.assign(document.createElement('small'), { textContent: tag === 'auto' ? 'any language' : english });
  label.append(input, native, small);
  return label;
}
