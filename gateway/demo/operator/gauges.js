import { html } from '/demo/operator/draw.js';
import { delay } from '/demo/operator/delays.js';
import { total } from '/demo/operator/exposition.js';
import { count, dollars, duration, share, short } from '/demo/operator/figures.js';

/**
 * The numbers that one looks for first.
 *
 * @param {HTMLElement} list
 * @param {import('/demo/operator/days.js').Day[]} days
 * @param {import('/demo/operator/exposition.js').Sample[]} samples
 */
export function showGauges(list, days, samples) {
  const sums = (name) => days.reduce((sum, day) => sum + (day[name] ?? 0), 0);
  const [billed, cached, wasted] = ['billed', 'cached', 'wasted'].map(sums);
  const priced = days.some(({ cost_usd: cost }) => cost !== undefined);
  const turns = (outcome) => total(samples, 'voice_gateway_turns_total', { outcome });
  const failed = turns('failed');
  const gauges = [
    ['billed', short(billed), `characters; ${short(sums('heard'))} heard`],
    ...(priced ? [['spent', dollars(sums('cost_usd')), 'at list prices']] : []),
    ['cached', share(cached, billed + cached), `${short(cached)} characters free`],
    ['wasted', share(wasted, billed), `${short(wasted)} never heard`],
    ['first sound', duration(delay(samples, 0.5)), `p95 ${duration(delay(samples, 0.95))}`],
    ['failed', share(failed, failed + turns('done') + turns('cancelled')), `${count(failed)} of ${count(failed + turns('done') + turns('cancelled'))} turns`],
    ['now', count(total(samples, 'voice_gateway_sessions')), now(samples)],
  ];
  list.replaceChildren(...gauges.map(gauge));
}

function gauge([name, value, more]) {
  return html('div', { 'data-gauge': name }, html('dt', {}, name), html('dd', {}, value), html('dd', { class: 'more' }, more));
}

function now(samples) {
  const breakers = total(samples, 'voice_gateway_open_breakers');
  const listeners = total(samples, 'voice_gateway_listeners');
  if (breakers) return `sessions; ${count(breakers)} keys left alone`;
  return listeners ? `sessions, ${count(listeners)} listeners` : 'sessions';
}
