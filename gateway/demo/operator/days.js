import { fitted, html, nothing, rounded, svg, table } from '/demo/operator/draw.js';
import { count, dollars, share, short } from '/demo/operator/figures.js';

const TALL = 280;
const LEFT = 44;
const UNDER = 22;
const OVER = 14;
const LEAST_PX = 26;
const MOST_PX = 64;
const FEWEST = 7;
const DAY_MS = 86_400_000;

/**
 * @typedef {{day: string, turns: number, billed: number, heard: number, wasted: number, cached: number,
 *   cost_usd?: number}} Day
 */

/** Stacked bars, one a day: what was spoken, by who paid for it and whether anybody heard it. */
export class Days {
  #chart;
  #table;

  /** @param {HTMLElement} chart @param {HTMLElement} sheet */
  constructor(chart, sheet) {
    this.#chart = chart;
    this.#table = sheet;
  }

  /** @param {Day[]} days the oldest first */
  show(days) {
    if (days.length === 0) {
      this.#chart.replaceChildren(nothing('Nothing was spoken yet.'));
      this.#table.replaceChildren();
      return;
    }
    const whole = filled(days, new Date().toISOString().slice(0, 10));
    fitted(this.#chart, (width) => drawn(whole, width));
    this.#table.replaceChildren(listed(days));
  }
}

/** @param {Day} day */
export function stack({ billed, wasted, cached }) {
  return [
    ['paid', billed - wasted],
    ['wasted', wasted],
    ['cached', cached],
  ];
}

/**
 * With the days on which nothing was spoken, up to today and for a week at least.
 *
 * @param {Day[]} days
 * @param {string} today
 * @returns {Day[]}
 */
export function filled(days, today) {
  const known = new Map(days.map((day) => [day.day, day]));
  const until = Math.max(Date.parse(today), Date.parse(days.at(-1).day));
  const from = Math.min(Date.parse(days[0].day), until - (FEWEST - 1) * DAY_MS);
  const dates = Array.from({ length: (until - from) / DAY_MS + 1 }, (_, place) => from + place * DAY_MS);
  const none = { turns: 0, billed: 0, heard: 0, wasted: 0, cached: 0 };
  return dates.map((at) => new Date(at).toISOString().slice(0, 10)).map((day) => known.get(day) ?? { day, ...none });
}

/** @param {Day[]} all @param {number} width */
function drawn(all, width) {
  const days = all.slice(-Math.max(FEWEST, Math.floor((width - LEFT) / LEAST_PX)));
  const step = Math.min(MOST_PX, (width - LEFT) / days.length);
  const top = rounded(Math.max(...days.map(({ billed, cached }) => billed + cached)));
  const y = (value) => OVER + (TALL - OVER - UNDER) * (1 - value / top);
  const spoken = days.reduce((sum, { billed, cached }) => sum + billed + cached, 0);
  const label = `Characters spoken on the last ${days.length} days: ${count(spoken)}. The table below has each day.`;
  const drawing = svg('svg', { width, height: TALL, role: 'img', 'aria-label': label }, hatch());
  for (const value of [0, top / 2, top]) {
    drawing.append(
      svg('line', { class: 'grid', x1: LEFT, x2: width, y1: y(value), y2: y(value) }),
      svg('text', { class: 'axis', x: LEFT - 8, y: y(value) + 4, 'text-anchor': 'end' }, short(value)),
    );
  }
  days.forEach((day, place) => drawing.append(column(day, LEFT + place * step, step, y, named(place, days.length, step))));
  return drawing;
}

/** Every so many days, so that names do not touch. */
function named(place, days, step) {
  const every = Math.ceil(46 / step);
  return (days - 1 - place) % every === 0;
}

/**
 * @param {Day} day
 * @param {number} x
 * @param {number} step
 * @param {(value: number) => number} y
 * @param {boolean} hasName
 */
function column(day, x, step, y, hasName) {
  const wide = Math.max(6, step * 0.62);
  const at = x + (step - wide) / 2;
  const group = svg('g', {}, svg('title', {}, told(day)));
  group.append(svg('rect', { class: 'reach', x, y: 0, width: step, height: TALL }));
  let below = 0;
  for (const [kind, value] of stack(day)) {
    if (value === 0) continue;
    group.append(svg('rect', { class: kind, x: at, width: wide, y: y(below + value), height: y(below) - y(below + value) }));
    below += value;
  }
  if (hasName) {
    group.append(svg('text', { class: 'axis', x: x + step / 2, y: TALL - 6, 'text-anchor': 'middle' }, date(day.day)));
  }
  return group;
}

/** @param {string} day */
function date(day) {
  return new Date(`${day}T00:00Z`).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
}

/** @param {Day} day */
function told(day) {
  const cost = day.cost_usd === undefined ? '' : `\n${dollars(day.cost_usd)}`;
  return (
    `${date(day.day)}: ${count(day.turns)} turns\n${count(day.billed)} billed, of which ${count(day.wasted)} never heard` +
    `\n${count(day.cached)} from the cache\n${count(day.heard)} heard${cost}`
  );
}

/** What was paid for nothing is told by its pattern too, not by its colour alone. */
function hatch() {
  return svg(
    'defs',
    {},
    svg(
      'pattern',
      { id: 'hatch', width: 5, height: 5, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' },
      svg('rect', { class: 'hatch-ground', width: 5, height: 5 }),
      svg('rect', { class: 'hatch-line', width: 2, height: 5 }),
    ),
  );
}

/** @param {Day[]} days */
function listed(days) {
  const priced = days.some(({ cost_usd: cost }) => cost !== undefined);
  const columns = ['turns', 'billed', 'heard', 'wasted', 'cached'].map((title) => ({ title, number: true }));
  const rows = days.toReversed().map((day) => [
    day.day,
    ...columns.map(({ title }) => (title === 'wasted' ? wasted(day) : count(day[title]))),
    ...(priced ? [dollars(day.cost_usd, digits(days))] : []),
  ]);
  return table([{ title: 'day (UTC)' }, ...columns, ...(priced ? [{ title: 'cost', number: true }] : [])], rows);
}

/** Of dollars: as many in all rows of a table. @param {{cost_usd?: number}[]} rows */
export function digits(rows) {
  return Math.max(...rows.map(({ cost_usd: cost }) => cost ?? 0)) >= 10 ? 2 : 4;
}

/** @param {Day} day */
export function wasted({ wasted: characters, billed }) {
  return html('span', {}, count(characters), html('small', {}, ` ${share(characters, billed)}`));
}
