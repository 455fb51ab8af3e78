/** The text while it is spoken: heard, the segment under the ear, arrived, still to come. */
export class Reading {
  #element;
  /** @type {string[]} code points, as spans count them */
  #text = [];

  /** @param {HTMLElement} element */
  constructor(element) {
    this.#element = element;
  }

  /**
   * @param {string} text
   * @param {string} language
   */
  open(text, language) {
    this.#text = [...text];
    this.#element.lang = language === 'auto' ? '' : language;
    this.#element.hidden = false;
    this.#show([['to-come', 0, this.#text.length]]);
  }

  close() {
    this.#element.hidden = true;
  }

  /** @param {{segments: any[], heardMs: number, heardLength: number}} turn */
  follow({ segments, heardMs, heardLength }) {
    const arrived = segments.at(-1)?.span[1] ?? 0;
    const current = segments.findLast(({ at_ms: at }) => at < heardMs) ?? { span: [0, 0] };
    const [from, to] = current.span;
    const heard = Math.min(Math.max(heardLength, from), to);
    this.#show([['heard', 0, from], ['now', from, to, heard], ['arrived', to, arrived], ['to-come', arrived, this.#text.length]]);
  }

  /** @param {{heard: string, unheard: string}} parts */
  end({ heard, unheard }) {
    const border = [...heard].length;
    this.#show([['heard', 0, border], ['unheard', border, border + [...unheard].length]]);
  }

  /** @param {[string, number, number, number?][]} parts class, from, to, and up to where it is marked */
  #show(parts) {
    this.#element.replaceChildren(...parts.filter(([, from, to]) => to > from).map((part) => this.#part(...part)));
  }

  #part(name, from, to, marked = from) {
    const span = Object.assign(document.createElement('span'), { className: name });
    const mark = Object.assign(document.createElement('b'), { textContent: this.#text.slice(from, marked).join('') });
    if (marked > from) span.append(mark);
    span.append(this.#text.slice(marked, to).join(''));
    return span;
  }
}
