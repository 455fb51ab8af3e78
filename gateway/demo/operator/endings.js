import { bar, html, nothing, table } from '/demo/operator/draw.js';
import { count, share } from '/demo/operator/figures.js';

const TURNS = 'voice_gateway_turns_total';
const REFUSALS = 'voice_gateway_upstream_errors_total';
const KINDS = { done: 'paid', cancelled: 'idle', failed: 'wasted' };

/** Upstream's codes, in few words. https://platform.minimax.io/docs/api-reference/errorcode */
const MEANINGS = {
  none: 'no code: cut, silent or unreachable',
  1000: 'unknown error',
  1001: 'timed out',
  1002: 'too many requests a minute',
  1004: 'the key is not accepted',
  1008: 'the balance is used up',
  1013: 'internal error',
  1024: 'internal error',
  1026: 'the text is not allowed',
  1027: 'the sound is not allowed',
  1033: 'system error',
  1039: 'too many characters a minute',
  1041: 'too many connections',
  1042: 'too many characters that cannot be spoken',
  2013: 'a setting is refused',
  2042: 'the account may not use the voice',
  2049: 'the key is not valid',
  2054: 'there is no such voice',
  2056: 'the plan is used up',
  2061: 'the plan lacks the model',
};

/** How turns ended, and what upstream refused. */
export class Endings {
  #outcomes;
  #refusals;

  /** @param {HTMLElement} outcomes @param {HTMLElement} refusals */
  constructor(outcomes, refusals) {
    this.#outcomes = outcomes;
    this.#refusals = refusals;
  }

  /** @param {import('/demo/operator/exposition.js').Sample[]} samples */
  show(samples) {
    const ends = sorted(samples, TURNS);
    const whole = ends.reduce((sum, { value }) => sum + value, 0);
    this.#outcomes.replaceChildren(whole ? outcomes(ends, whole) : nothing('No turn has ended yet.'));
    const refused = sorted(samples, REFUSALS);
    this.#refusals.replaceChildren(refused.length ? refusals(refused) : nothing('Nothing.'));
  }
}

function sorted(samples, name) {
  return samples.filter((each) => each.name === name && each.value > 0).sort((a, b) => b.value - a.value);
}

function outcomes(ends, whole) {
  const most = ends[0].value;
  const rows = ends.map(({ labels: { outcome, code }, value }) => [
    html('span', { class: 'named' }, outcome, html('small', {}, ` ${code}`), bar([[KINDS[outcome] ?? 'idle', value]], most)),
    count(value),
    share(value, whole),
  ]);
  return table([{ title: 'end' }, { title: 'turns', number: true }, { title: 'share', number: true }], rows);
}

function refusals(refused) {
  const most = refused[0].value;
  const rows = refused.map(({ labels: { code }, value }) => [
    html('span', { class: 'named' }, code, html('small', {}, ` ${MEANINGS[code] ?? ''}`), bar([['wasted', value]], most)),
    count(value),
  ]);
  return table([{ title: 'upstream’s code' }, { title: 'requests', number: true }], rows);
}
