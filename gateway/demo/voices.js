export const OTHER = '';

/**
 * Fill the voice menu: the language's own voices first, then all others, then a field for any id.
 *
 * @param {HTMLSelectElement} menu
 * @param {{voices: {voice_id: string, language: string, label: string}[], languages: {tag: string, english: string}[]}} catalogue
 * @param {string} language
 */
export function fillVoices(menu, { voices, languages }, language) {
  const before = menu.value;
  const own = voices.filter((voice) => voice.language === language);
  const groups = languages
    .toSorted((a, b) => Number(b.tag === language) - Number(a.tag === language))
    .map(({ tag, english }) => group(english, voices.filter((voice) => voice.language === tag)))
    .filter((each) => each.children.length > 0);
  menu.replaceChildren(...groups, new Option('Another voice_id …', OTHER));
  menu.value = own[0]?.voice_id ?? (before || 'English_Graceful_Lady');
}

function group(name, voices) {
  const element = Object.assign(document.createElement('optgroup'), { label: name });
  element.append(...voices.map(({ voice_id: id, label }) => new Option(`${label} · ${name}`, id)));
  return element;
}
