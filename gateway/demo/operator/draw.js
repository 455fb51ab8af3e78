const SVG = 'http://www.w3.org/2000/svg';

/**
 * An element. Attributes of which the value is undefined or false are left out.
 *
 * @param {string} name
 * @param {Record<string, any>} attributes
 * @param {...(Node | string)} children
 */
export function html(name, attributes = {}, ...children) {
  return made(document.createElement(name), attributes, children);
}

/**
 * The same of a drawing.
 *
 * @param {string} name
 * @param {Record<string, any>} attributes
 * @param {...(Node | string)} children
 */
export function svg(name, attributes = {}, ...children) {
  return made(document.createElementNS(SVG, name), attributes, children);
}

function made(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/**
 * Draw again whenever the place has another width.
 *
 * @param {HTMLElement} place
 * @param {(width: number) => Node} draw
 */
export function fitted(place, draw) {
  const again = () => {
    if (place.clientWidth) place.replaceChildren(draw(place.clientWidth));
  };
  watched.get(place)?.disconnect();
  const observer = new ResizeObserver(again);
  watched.set(place, observer);
  observer.observe(place);
  again();
}

/** @type {WeakMap<HTMLElement, ResizeObserver>} */
const watched = new WeakMap();

/**
 * @param {{title: string, number?: boolean, spare?: boolean}[]} columns `spare`: left out where there is little room
 * @param {(Node | string)[][]} rows the first cell of each is its head
 */
export function table(columns, rows) {
  const kind = ({ number, spare }) => [number && 'number', spare && 'spare'].filter(Boolean).join(' ') || undefined;
  const heads = columns.map((column) => html('th', { scope: 'col', class: kind(column) }, column.title));
  const cells = ([first, ...others]) => [
    html('th', { scope: 'row' }, first),
    ...others.map((value, place) => html('td', { class: kind(columns[place + 1]) }, value)),
  ];
  return html(
    'table',
    {},
    html('thead', {}, html('tr', {}, ...heads)),
    html('tbody', {}, ...rows.map((row) => html('tr', {}, ...cells(row)))),
  );
}

/** @param {string} text */
export function nothing(text) {
  return html('p', { class: 'nothing' }, text);
}

/**
 * A round number at or above, of which halves and quarters are round too.
 *
 * @param {number} most
 */
export function rounded(most) {
  const power = 10 ** Math.floor(Math.log10(Math.max(most, 1)));
  return [1, 2, 4, 8, 10].map((step) => step * power).find((round) => round >= most);
}

/** A bar of parts, as wide as its place. @param {[string, number][]} parts @param {number} whole */
export function bar(parts, whole) {
  const drawing = svg('svg', { class: 'bar-line', viewBox: '0 0 100 8', preserveAspectRatio: 'none', 'aria-hidden': 'true' });
  let x = 0;
  for (const [kind, value] of parts) {
    const width = whole > 0 ? (100 * value) / whole : 0;
    drawing.append(svg('rect', { class: kind, x, y: 0, width, height: 8 }));
    x += width;
  }
  return drawing;
}
