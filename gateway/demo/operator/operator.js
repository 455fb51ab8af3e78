import { askSecret } from '/demo/door.js';
import { ask, read, Stranger } from '/demo/operator/asking.js';
import { Days } from '/demo/operator/days.js';
import { Delays } from '/demo/operator/delays.js';
import { Endings } from '/demo/operator/endings.js';
import { samples } from '/demo/operator/exposition.js';
import { moment, time } from '/demo/operator/figures.js';
import { Found } from '/demo/operator/found.js';
import { showGauges } from '/demo/operator/gauges.js';
import { Sums } from '/demo/operator/sums.js';
import { Traces } from '/demo/operator/traces.js';
import { Upkeep } from '/demo/operator/upkeep.js';
import { switchable } from '/demo/theme.js';

const EVERY_MS = 5000;
const $ = (id) => document.getElementById(id);

const days = new Days($('days'), $('days-table'));
const delays = new Delays($('delays'), $('delays-table'));
const sums = new Sums($('kinds'), $('sums'));
const endings = new Endings($('outcomes'), $('refusals'));
const traces = new Traces($('traces'), $('search'), new Found($('found')));
const upkeep = new Upkeep($('voices'), $('jobs'));

switchable($('theme'), () => {});
document.addEventListener('visibilitychange', () => document.hidden || refresh());

let timer;
let underWay = false;
refresh();

/** Ask for everything and show it; again in a while, as long as somebody looks. */
async function refresh() {
  clearTimeout(timer);
  if (underWay || document.hidden) return;
  underWay = true;
  try {
    await show();
    lamp('on', `as of ${time(Date.now() / 1000)}`);
  } catch (error) {
    if (error instanceof Stranger) return void stranger();
    lamp('wait', `not answered since: ${error.message}`);
  } finally {
    underWay = false;
  }
  timer = setTimeout(refresh, EVERY_MS);
}

async function stranger() {
  lamp('off', 'closed to strangers');
  if (await askSecret($('door'))) refresh();
}

async function show() {
  const byDay = await ask('/v1/usage?by=day'); // by itself: a stranger is told once
  const [metrics, troubled, voices, jobs, ...books] = await Promise.all([
    read('/metrics'),
    ask('/v1/traces'),
    ask('/v1/voices'),
    ask('/v1/longform'),
    ...Sums.kinds.map((kind) => ask(`/v1/usage?by=${kind}`)),
  ]);
  const told = samples(metrics ?? '');
  showGauges($('gauges'), byDay?.rows ?? [], told);
  days.show(byDay?.rows ?? []);
  delays.show(told);
  sums.show(Object.fromEntries(books.map((book, place) => [Sums.kinds[place], book?.rows])));
  endings.show(told);
  traces.show(troubled?.traces ?? []);
  upkeep.show(voices?.voices, jobs?.jobs);
  if (byDay) $('since').textContent = `The books began ${moment(byDay.since)}; times and ends are of this process since its start.`;
}

function lamp(state, text) {
  $('lamp').dataset.state = state;
  $('lamp-text').textContent = text;
}
