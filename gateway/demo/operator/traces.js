import { html, nothing, table } from '/demo/operator/draw.js';
import { ask } from '/demo/operator/asking.js';
import { count, time } from '/demo/operator/figures.js';

/** Segments that failed or were asked for again, and a way to look up any other. */
export class Traces {
  #sheet;
  #found;
  #shown = '';

  /**
   * @param {HTMLElement} sheet
   * @param {HTMLFormElement} search
   * @param {import('/demo/operator/found.js').Found} found
   */
  constructor(sheet, search, found) {
    this.#sheet = sheet;
    this.#found = found;
    search.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#look(search.querySelector('input').value.trim());
    });
  }

  /** @param {object[]} traces the newest first */
  show(traces) {
    const shown = JSON.stringify(traces);
    if (shown === this.#shown) return; // a button keeps the focus
    this.#shown = shown;
    const none = 'Nothing that is still kept. What went well is found by its trace id, or by SESSION/TURN.';
    this.#sheet.replaceChildren(traces.length ? this.#list(traces) : nothing(none));
  }

  #list(traces) {
    const titles = ['trace', 'at', 'came to', 'by', 'sound'];
    const rows = traces.map((trace) => [
      this.#button(trace),
      time(trace.at),
      html('span', {}, ended(trace), html('small', {}, ` ${reason(trace)}`)),
      trace.request?.voice.voice_id ?? '',
      trace.audio.bytes ? `${(trace.audio.duration_ms / 1000).toFixed(1)} s` : 'none',
    ]);
    const columns = titles.map((title) => ({ title, number: title === 'sound', spare: title === 'by' }));
    return table(columns, rows);
  }

  #button(trace) {
    const button = html('button', { type: 'button', class: 'trace' }, trace.trace_id ?? `${trace.turn}, segment ${trace.segment}`);
    button.addEventListener('click', () => this.#found.show(trace));
    return button;
  }

  async #look(name) {
    const [session, ...turn] = name.split('/').map(encodeURIComponent);
    const path = turn.length ? `/v1/sessions/${session}/turns/${turn.join('%2F')}` : `/v1/traces/${session}`;
    const trace = await ask(path).catch(() => undefined);
    if (trace === undefined) this.#found.missing(name);
    else this.#found.show(trace);
  }
}

/** @param {object} trace of a segment, or of a turn */
export function ended(trace) {
  if (trace.segments) return trace.terminal?.type.replace('turn.', '') ?? 'running';
  return trace.outcome;
}

/** @param {object} trace */
export function reason(trace) {
  const error = trace.error ?? trace.terminal?.error;
  if (error) return error.code + (error.upstream?.code ? ` (${error.upstream.code})` : '');
  const again = trace.attempts ?? [];
  return again.length ? `after ${again.map(({ code }) => code).join(', ')}` : '';
}

/** @param {object} request */
export function asked({ model, voice, language, audio }) {
  const { voice_id: id, speed, vol, pitch, ...rest } = voice;
  const numbers = `speed ${speed}, volume ${vol}, pitch ${pitch}`;
  const more = Object.entries(rest).map(([name, value]) => `, ${name} ${JSON.stringify(value)}`);
  return `${model}, ${id}, ${language}, ${numbers}${more.join('')}, as ${audio.codec} at ${count(audio.rate)} Hz`;
}
