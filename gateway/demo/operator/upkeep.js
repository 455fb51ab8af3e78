import { bar, html, table } from '/demo/operator/draw.js';
import { count, dollars, left, moment, share } from '/demo/operator/figures.js';

/** What has a deadline or takes long. Sections that the gateway knows nothing for stay hidden. */
export class Upkeep {
  #voices;
  #jobs;

  /** @param {HTMLElement} voices @param {HTMLElement} jobs */
  constructor(voices, jobs) {
    this.#voices = voices;
    this.#jobs = jobs;
  }

  /** @param {object[] | undefined} voices @param {object[] | undefined} jobs */
  show(voices, jobs) {
    const mortal = (voices ?? []).filter(({ state, expires_at: at }) => state === 'inactive' && at);
    put(this.#voices, mortal.length ? mortals(mortal) : undefined);
    put(this.#jobs, jobs?.length ? long(jobs) : undefined);
  }
}

function put(section, drawn) {
  section.hidden = drawn === undefined;
  if (drawn !== undefined) section.querySelector('.sheet').replaceChildren(drawn);
}

function mortals(voices) {
  const now = Date.now() / 1000;
  const rows = voices
    .toSorted((a, b) => a.expires_at - b.expires_at)
    .map(({ voice_id: id, name, kind, expires_at: at, fee_usd: fee }) => [
      html('span', {}, name || id, html('small', {}, ` ${kind} ${name ? id : ''}`)),
      html('span', { class: at - now < 86_400 ? 'soon' : undefined }, left(at - now), html('small', {}, ` ${moment(at)}`)),
      dollars(fee ?? undefined),
    ]);
  return table([{ title: 'voice' }, { title: 'lost in', number: true }, { title: 'to keep it', number: true }], rows);
}

function long(jobs) {
  const rows = jobs.map((job) => [
    html('span', { class: 'named' }, job.title || job.id, html('small', {}, ` ${job.id}`), bar([[job.error ? 'wasted' : 'paid', job.progress]], 1)),
    html('span', {}, job.state, html('small', {}, ` ${job.error?.code ?? ''}`)),
    share(job.progress, 1),
    count(job.characters),
    count(job.billed_characters),
  ]);
  const titles = ['text', 'state', 'done', 'characters', 'billed'];
  return table(titles.map((title, place) => ({ title, number: place > 1, spare: title === 'characters' })), rows);
}
