/** Who speaks which language: one line a change, the one that sounds now marked. */
export class Cast {
  #list;
  #languages;
  #voices;
  /** @type {{atMs: number, element: HTMLElement, key: string}[]} */
  #parts = [];

  /**
   * @param {HTMLElement} list
   * @param {{voices: {voice_id: string, label: string}[], languages: {tag: string, english: string}[]}} catalogue
   */
  constructor(list, { voices, languages }) {
    this.#list = list;
    this.#voices = new Map(voices.map(({ voice_id: id, label }) => [id, label]));
    this.#languages = new Map(languages.map(({ tag, english }) => [tag, english]));
  }

  clear() {
    this.#parts = [];
    this.#list.replaceChildren();
  }

  /** @param {import('/client/voice-gateway.js').Turn} turn */
  follow(turn) {
    this.clear();
    turn.on('segment.started', (segment) => this.#add(segment));
    turn.on('heard', (ms) => this.#mark(this.#parts.findLast(({ atMs }) => atMs <= ms)));
    turn.on('finished', () => this.#mark());
  }

  /** @param {import('/client/turn.js').Segment} segment */
  #add({ language, voice_id: id, at_ms: atMs }) {
    if (!id) return;
    const key = `${language} ${id}`;
    if (this.#parts.at(-1)?.key === key) return;
    const element = document.createElement('li');
    const name = Object.assign(document.createElement('b'), { textContent: this.#languages.get(language) ?? language });
    const label = Object.assign(document.createElement('bdi'), { textContent: this.#voices.get(id) ?? id });
    element.append(name, ' ', label);
    this.#list.append(element);
    this.#parts.push({ atMs, element, key });
  }

  /** @param {{element: HTMLElement}} [part] */
  #mark(part) {
    const before = this.#list.querySelector('[aria-current]');
    if (before === (part?.element ?? null)) return;
    before?.removeAttribute('aria-current');
    part?.element.setAttribute('aria-current', 'true');
    if (part) this.#list.scrollTo({ left: part.element.offsetLeft - this.#list.clientWidth / 3 });
  }
}
