import { bar, html, nothing, table } from '/demo/operator/draw.js';
import { count, dollars } from '/demo/operator/figures.js';
import { digits, stack, wasted } from '/demo/operator/days.js';

const KINDS = { label: 'Label', voice: 'Voice', model: 'Model', tenant: 'Tenant' };
const MOST = 50;

/** What was spoken, summed by who or what, the costliest first. */
export class Sums {
  #choice;
  #sheet;
  #rows = {};
  #by = '';

  /** @param {HTMLFieldSetElement} choice @param {HTMLElement} sheet */
  constructor(choice, sheet) {
    this.#choice = choice;
    this.#sheet = sheet;
    choice.addEventListener('change', ({ target }) => this.#choose(target.value));
  }

  static get kinds() {
    return Object.keys(KINDS);
  }

  /** @param {Record<string, object[] | undefined>} rows by kind; what this gateway does not sum by is undefined */
  show(rows) {
    this.#rows = rows;
    const offered = Sums.kinds.filter((kind) => rows[kind] !== undefined);
    const shown = [...this.#choice.querySelectorAll('input')].map(({ value }) => value);
    if (offered.join() !== shown.join()) this.#offer(offered);
    this.#draw();
  }

  #offer(kinds) {
    if (!kinds.includes(this.#by)) this.#by = kinds.find((kind) => this.#rows[kind].length > 0) ?? kinds[0];
    const radios = kinds.map((kind) => {
      const input = html('input', { type: 'radio', name: 'by', value: kind, checked: kind === this.#by && '' });
      return html('label', {}, input, html('span', {}, KINDS[kind]));
    });
    this.#choice.replaceChildren(this.#choice.querySelector('legend'), ...radios);
  }

  #choose(kind) {
    this.#by = kind;
    this.#draw();
  }

  #draw() {
    const rows = (this.#rows[this.#by] ?? []).toSorted((a, b) => weight(b) - weight(a));
    const empty = this.#by === 'label' ? 'No turn had a label yet. A session sets them: labels in its config.' : 'Nothing was spoken yet.';
    this.#sheet.replaceChildren(rows.length ? listed(rows, this.#by) : nothing(empty));
  }
}

function weight({ cost_usd: cost, billed, cached }) {
  return cost ? cost * 1e9 : billed + cached / 1e6;
}

function listed(rows, by) {
  const most = Math.max(...rows.map(({ billed, cached }) => billed + cached));
  const priced = rows.some(({ cost_usd: cost }) => cost !== undefined);
  const columns = [
    { title: KINDS[by].toLowerCase() },
    { title: 'billed', number: true },
    { title: 'wasted', number: true },
    { title: 'cached', number: true, spare: true },
    ...(priced ? [{ title: 'cost', number: true }] : []),
  ];
  const cells = rows.slice(0, MOST).map((row) => [
    html('span', { class: 'named' }, ...named(row, by), bar(stack(row), most)),
    count(row.billed),
    wasted(row),
    count(row.cached),
    ...(priced ? [dollars(row.cost_usd, digits(rows))] : []),
  ]);
  return table(columns, cells);
}

function named(row, by) {
  const tenant = by !== 'tenant' && row.tenant ? [html('small', {}, ` of ${row.tenant}`)] : [];
  if (by === 'label') return [row.value, html('small', {}, ` ${row.label}`), ...tenant];
  return [row[by] || (by === 'tenant' ? 'without a tenant' : 'none'), ...tenant];
}
