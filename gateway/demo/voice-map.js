/** A voice for each of some languages: a menu each, and one to add another language. */
export class VoiceMap {
  #rows;
  #more;
  #catalogue;

  /**
   * @param {HTMLElement} rows
   * @param {HTMLSelectElement} more
   * @param {{voices: {voice_id: string, language: string, label: string}[], languages: {tag: string, english: string}[]}} catalogue
   */
  constructor(rows, more, catalogue) {
    this.#rows = rows;
    this.#more = more;
    this.#catalogue = catalogue;
    const spoken = catalogue.languages.filter(({ tag }) => this.#voicesOf(tag).length > 0);
    more.append(...spoken.map(({ tag, english }) => new Option(english, tag)));
    more.addEventListener('change', () => this.#add(more.value).focus());
  }

  /** @param {string[]} tags */
  open(tags) {
    tags.forEach((tag) => this.#add(tag));
  }

  /**
   * For `config.voices`. The languages that stand there are those the gateway expects: the main voice's own is one.
   *
   * @param {string} main
   */
  patch(main) {
    const menus = [...this.#rows.querySelectorAll('select')];
    const mapped = menus.map(({ name, value }) => [name, { voice_id: value || null }]);
    return { [main]: { voice_id: null }, ...Object.fromEntries(mapped) };
  }

  /** For `config.voices`: none. */
  get nothing() {
    return Object.fromEntries([...this.#rows.querySelectorAll('select')].map(({ name }) => [name, null]));
  }

  /** @param {string} tag */
  #add(tag) {
    const { english } = this.#catalogue.languages.find((language) => language.tag === tag);
    const id = `voice-${tag}`;
    const menu = Object.assign(document.createElement('select'), { id, name: tag });
    menu.append(...this.#voicesOf(tag).map(({ voice_id: voice, label }) => new Option(label, voice)));
    menu.append(new Option('the voice above', ''));
    const label = Object.assign(document.createElement('label'), { htmlFor: id, textContent: english });
    this.#rows.append(label, menu);
    this.#more.querySelector(`[value="${CSS.escape(tag)}"]`).remove();
    this.#more.value = '';
    return menu;
  }

  #voicesOf(tag) {
    return this.#catalogue.voices.filter((voice) => voice.language === tag);
  }
}
