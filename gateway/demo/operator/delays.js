import { fitted, html, nothing, svg, table } from '/demo/operator/draw.js';
import { buckets, quantile } from '/demo/operator/exposition.js';
import { count, duration } from '/demo/operator/figures.js';

const METRIC = 'voice_gateway_first_audio_seconds';
const TALL = 140;
const UNDER = 22;
const OVER = 16;
const STAGES = {
  queue: 'behind other turns',
  governor: 'for upstream’s rate limit',
  connect: 'until upstream answers',
  upstream: 'until its first sound',
  frame: 'until that is on the socket',
  total: 'all of it',
};
const SHARES = [0.5, 0.95, 0.99];

/** How long listeners wait for a turn's first sound, and on what. */
export class Delays {
  #chart;
  #table;

  /** @param {HTMLElement} chart @param {HTMLElement} sheet */
  constructor(chart, sheet) {
    this.#chart = chart;
    this.#table = sheet;
  }

  /** @param {import('/demo/operator/exposition.js').Sample[]} samples */
  show(samples) {
    const parts = buckets(samples, METRIC, { stage: 'total' });
    if (quantile(parts, 0.5) === undefined) {
      this.#chart.replaceChildren(nothing('No turn has sounded yet.'));
      this.#table.replaceChildren();
      return;
    }
    fitted(this.#chart, (width) => drawn(parts, width));
    this.#table.replaceChildren(listed(samples));
  }
}

/**
 * @param {import('/demo/operator/exposition.js').Sample[]} samples
 * @param {number} share
 */
export function delay(samples, share) {
  return quantile(buckets(samples, METRIC, { stage: 'total' }), share);
}

function drawn(parts, width) {
  const used = trimmed(parts);
  const most = Math.max(...used.map((part) => part.count));
  const step = width / used.length;
  const whole = used.reduce((sum, part) => sum + part.count, 0);
  const label = `Of ${count(whole)} turns half sounded within ${duration(quantile(parts, 0.5))}, 95 % within ${duration(quantile(parts, 0.95))}.`;
  const drawing = svg('svg', { width, height: TALL, role: 'img', 'aria-label': label });
  used.forEach((part, place) => drawing.append(...column(part, place * step, step, most)));
  for (const share of SHARES.slice(0, 2)) drawing.append(...needle(used, quantile(parts, share), share, step));
  drawing.append(
    svg('line', { class: 'grid', x1: 0, x2: width, y1: TALL - UNDER, y2: TALL - UNDER }),
  );
  return drawing;
}

/** Without the empty ones on both sides, but for one. */
function trimmed(parts) {
  const filled = parts.map(({ count: held }) => held > 0);
  return parts.slice(Math.max(0, filled.indexOf(true) - 1), filled.lastIndexOf(true) + 2);
}

function column({ above, upTo, count: held }, x, step, most) {
  const high = (held / most) * (TALL - UNDER - OVER);
  const name = upTo === Infinity ? 'more' : duration(upTo);
  return [
    svg(
      'rect',
      { class: 'paid', x: x + 1, width: step - 2, y: TALL - UNDER - high, height: high },
      svg('title', {}, `${duration(above)} to ${name}: ${count(held)} turns`),
    ),
    svg('text', { class: 'axis', x: x + step - 1, y: TALL - UNDER + 15, 'text-anchor': 'end' }, name.replace(' ms', '')),
  ];
}

function needle(parts, at, share, step) {
  const place = parts.findIndex(({ upTo }) => at <= upTo);
  const { above, upTo } = parts[place];
  const x = (place + (upTo === Infinity ? 0 : (at - above) / (upTo - above))) * step;
  const name = `p${share * 100} ${duration(at)}`;
  const late = x > step * parts.length - 90;
  return [
    svg('line', { class: 'needle-line', x1: x, x2: x, y1: share > 0.5 ? 12 : 0, y2: TALL - UNDER }),
    svg('text', { class: 'needle-name', x: late ? x - 5 : x + 5, y: share > 0.5 ? 24 : 11, 'text-anchor': late ? 'end' : 'start' }, name),
  ];
}

function listed(samples) {
  const rows = Object.entries(STAGES).map(([stage, meaning]) => {
    const parts = buckets(samples, METRIC, { stage });
    const name = html('span', {}, stage, html('small', {}, ` ${meaning}`));
    return [name, ...SHARES.map((share) => duration(quantile(parts, share)))];
  });
  const columns = SHARES.map((share) => ({ title: `p${share * 100}`, number: true }));
  return table([{ title: 'stage' }, ...columns], rows);
}
