export const OTHER = '';
const GENDERS = ['female', 'male']; // the one within the other

/**
 * @typedef {object} Entry of the catalogue
 * @property {string} voice_id
 * @property {string} [kind]
 * @property {string | null} language
 * @property {string | null} gender
 * @property {string} [name]
 * @property {string} [label] ours, of a voice of upstream's
 * @property {string} [description]
 * @property {string} [state]
 * @property {number} [expires_at]
 * @property {number} [fee_usd]
 */

/** The voice menu, by language, with a search field over it, and what is known of the voice that is chosen. */
export class VoicePicker {
  #menu;
  #search;
  #about;
  #languages;
  #labels;
  /** @type {Entry[]} */
  #voices;
  #language = '';

  /**
   * @param {{menu: HTMLSelectElement, search: HTMLInputElement, about: HTMLElement}} elements
   * @param {{voices: Entry[], languages: {tag: string, english: string}[]}} catalogue what the page knows by itself
   */
  constructor({ menu, search, about }, { voices, languages }) {
    this.#menu = menu;
    this.#search = search;
    this.#about = about;
    this.#languages = languages;
    this.#labels = new Map(voices.map(({ voice_id: id, label }) => [id, label]));
    this.#voices = voices;
    search.addEventListener('input', () => this.#narrow());
    menu.addEventListener('change', () => this.#tell());
  }

  /** @returns {Entry | undefined} undefined: an id that is typed in */
  get chosen() {
    return this.#voices.find(({ voice_id: id }) => id === this.#menu.value);
  }

  /**
   * The language's own voices first.
   *
   * @param {string} language
   */
  turnTo(language) {
    this.#language = language;
    this.#search.value = '';
    const before = this.#menu.value;
    this.#fill(this.#voices);
    this.#menu.value = this.#usual()?.voice_id ?? (before || 'English_Graceful_Lady');
    this.#tell();
  }

  /** @param {Entry[]} voices the gateway's catalogue */
  offer(voices) {
    const before = this.#menu.value;
    this.#voices = voices;
    this.#fill(this.#found());
    this.#menu.value = before;
    if (this.#menu.selectedIndex < 0) this.#menu.selectedIndex = 0;
    this.#tell();
  }

  /** What speaks a language unless something else is chosen: a voice that costs nothing extra. */
  #usual() {
    return this.#voices.find(({ language, kind = 'system' }) => language === this.#language && kind === 'system');
  }

  #narrow() {
    const before = this.#menu.value;
    const found = this.#found();
    this.#fill(found);
    const still = found.some(({ voice_id: id }) => id === before);
    this.#menu.value = still ? before : (this.#menu.options[0]?.value ?? OTHER);
    this.#menu.dispatchEvent(new Event('change'));
  }

  #found() {
    const words = this.#search.value.toLowerCase().split(/\s+/).filter(Boolean);
    return this.#voices.filter((voice) => {
      const about = [voice.voice_id, this.#label(voice), this.#english(voice.language), voice.kind, voice.description];
      const said = about.join(' ').toLowerCase();
      return words.every((word) => (GENDERS.includes(word) ? voice.gender === word : said.includes(word)));
    });
  }

  /** @param {Entry[]} voices */
  #fill(voices) {
    const own = voices.filter(({ kind = 'system' }) => kind !== 'system');
    const others = voices.filter(({ kind = 'system' }) => kind === 'system');
    const groups = this.#languages
      .toSorted((a, b) => Number(b.tag === this.#language) - Number(a.tag === this.#language))
      .map(({ tag, english }) => this.#group(english, others.filter(({ language }) => language === tag)));
    const rest = others.filter(({ language }) => !this.#languages.some(({ tag }) => tag === language));
    const shown = [this.#group('Your own', own), ...groups, this.#group('Others', rest)];
    this.#menu.replaceChildren(
      ...shown.filter(({ children }) => children.length > 0),
      new Option('Another voice_id …', OTHER),
    );
  }

  /** @param {string} name @param {Entry[]} voices */
  #group(name, voices) {
    const element = Object.assign(document.createElement('optgroup'), { label: name });
    const options = voices.map((voice) => new Option(`${this.#label(voice)} · ${this.#side(voice)}`, voice.voice_id));
    element.append(...options);
    return element;
  }

  #label({ voice_id: id, name }) {
    return this.#labels.get(id) ?? (name || id);
  }

  #side({ kind = 'system', language }) {
    return kind === 'system' ? this.#english(language) : kind;
  }

  #english(language) {
    return this.#languages.find(({ tag }) => tag === language)?.english ?? 'any language';
  }

  #tell() {
    const { gender, description, state, expires_at: expiresAt, fee_usd: fee } = this.chosen ?? {};
    const said = [description || (gender && `A ${gender} voice.`)];
    if (state === 'inactive') {
      const days = (expiresAt - Date.now() / 1000) / 86400;
      said.push(`It has not spoken: its first words cost $${fee.toFixed(2)}, and without them it expires in ${left(days)}.`);
    }
    this.#about.textContent = said.filter(Boolean).join(' ');
  }
}

function left(days) {
  const [count, unit] = days < 2 ? [days * 24, 'hour'] : [days, 'day'];
  return new Intl.NumberFormat('en', { style: 'unit', unit, unitDisplay: 'long', maximumFractionDigits: 0 }).format(Math.max(0, Math.floor(count)));
}
