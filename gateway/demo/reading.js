/**
 * The text as it was sent, lit as it is heard.
 *
 *     segment        what is spoken in one go, in its language; `now` while it sounds
 *       word · gap   a word that captions tell, and what stands between two; `said` from its first sound on, `lit` while it sounds
 *     to-come        behind the last segment
 *
 * At the end each of them is `heard` or `unheard`. Words are plain spans, never isolated from each other: what is written
 * from right to left keeps its order.
 */
export class Reading {
  #element;
  /** @type {string[]} code points, as spans count them */
  #text = [];
  /** @type {{element: HTMLElement, from: number, to: number, pieces: Piece[]}[]} */
  #segments = [];
  /** @type {Piece} */
  #tail;
  #said = 0;
  /** Where on the page the word that was lit last stands. */
  #line = NaN;

  /** @typedef {{element: HTMLElement, from: number, to: number, word?: object}} Piece */

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
    this.#segments = [];
    this.#said = 0;
    this.#line = NaN;
    this.#tail = this.#piece('to-come', 0, this.#text.length);
    this.#element.lang = language === 'auto' ? '' : language;
    this.#element.hidden = false;
    this.#element.replaceChildren(this.#tail.element);
  }

  close() {
    this.#element.hidden = true;
  }

  /** @param {import('/client/voice-gateway.js').Turn} turn */
  follow(turn) {
    turn.on('segment.started', (segment) => this.#begin(segment));
    turn.on('captions', ({ segment }) => this.#caption(segment, turn));
    turn.on('heard', () => this.#light(turn));
    turn.on('finished', ({ heard }) => this.#end([...heard].length));
  }

  /** @param {import('/client/turn.js').Segment} segment */
  #begin({ segment, span: [, to], language = 'auto' }) {
    const element = Object.assign(document.createElement('span'), { className: 'segment' });
    if (language !== 'auto') element.lang = language;
    this.#segments[segment] = { element, from: this.#tail.from, to, pieces: [] };
    this.#fill(segment, []);
    this.#tail.element.remove();
    this.#tail = this.#piece('to-come', to, this.#text.length);
    this.#element.append(element, this.#tail.element);
  }

  /**
   * @param {number} segment
   * @param {import('/client/voice-gateway.js').Turn} turn
   */
  #caption(segment, turn) {
    this.#fill(segment, turn.words.filter((word) => word.segment === segment));
    this.#said = 0;
    this.#light(turn);
  }

  /**
   * @param {number} segment
   * @param {import('/client/captions.js').Word[]} words
   */
  #fill(segment, words) {
    const { element, from, to } = this.#segments[segment];
    const pieces = [];
    let at = from;
    for (const word of words) {
      if (at < word.span[0]) pieces.push(this.#piece('gap', at, word.span[0]));
      pieces.push({ ...this.#piece('word', ...word.span), word });
      at = word.span[1];
    }
    if (at < to) pieces.push(this.#piece('gap', at, to));
    this.#segments[segment].pieces = pieces;
    element.replaceChildren(...pieces.map((piece) => piece.element));
  }

  /** @param {import('/client/voice-gateway.js').Turn} turn */
  #light(turn) {
    if (turn.heardMs === 0) return;
    const pieces = this.#pieces();
    const border = turn.heardLength;
    for (; pieces[this.#said]?.to <= border; this.#said++) pieces[this.#said].element.classList.add('said');
    const word = turn.wordAt();
    const lit = word && pieces.findLast((piece) => piece.word === word)?.element;
    if (this.#move('lit', lit) && lit) this.#keepInSight(lit);
    const now = turn.segments.findLast(({ at_ms: at }) => at <= turn.heardMs);
    this.#move('now', now && this.#segments[now.segment].element);
  }

  /**
   * @param {string} name a class that one element has at a time
   * @param {Element} [element]
   * @returns {boolean} whether it had to be moved
   */
  #move(name, element = null) {
    const before = this.#element.querySelector(`.${name}`);
    before?.classList.remove(name);
    element?.classList.add(name);
    return before !== element;
  }

  /**
   * Unless the reader has scrolled away from the word before.
   *
   * @param {Element} word
   */
  #keepInSight(word) {
    const seen = this.#line - scrollY;
    if (!(seen < 0 || seen > innerHeight)) word.scrollIntoView({ block: 'nearest' });
    this.#line = word.getBoundingClientRect().top + scrollY;
  }

  /** @param {number} border code points that were heard */
  #end(border) {
    this.#move('lit');
    this.#move('now');
    for (const piece of this.#pieces()) {
      if (piece.from < border && border < piece.to) this.#split(piece, border);
      else piece.element.classList.add(piece.to <= border ? 'heard' : 'unheard');
      piece.element.classList.remove('said');
    }
  }

  /**
   * @param {Piece} piece
   * @param {number} border
   */
  #split({ element, from, to }, border) {
    element.replaceChildren(this.#piece('heard', from, border).element, this.#piece('unheard', border, to).element);
  }

  #pieces() {
    return [...this.#segments.flatMap(({ pieces }) => pieces), this.#tail];
  }

  /**
   * @param {string} className
   * @param {number} from
   * @param {number} to
   * @returns {Piece}
   */
  #piece(className, from, to) {
    const textContent = this.#text.slice(from, to).join('');
    return { element: Object.assign(document.createElement('span'), { className, textContent }), from, to };
  }
}
