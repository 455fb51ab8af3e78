import { html } from '/demo/operator/draw.js';
import { get } from '/demo/operator/asking.js';
import { count, moment } from '/demo/operator/figures.js';
import { asked, ended, reason } from '/demo/operator/traces.js';

/** What one stream left, in a dialog: the facts, and its sound to be heard and saved. */
export class Found {
  #dialog;
  #part;
  #trace;
  /** @type {AudioContext | undefined} */
  #loudspeaker;

  /** @param {HTMLDialogElement} dialog */
  constructor(dialog) {
    this.#dialog = dialog;
    this.#part = (name) => dialog.querySelector(`#found-${name}`);
    this.#part('play').addEventListener('click', () => this.#sound((data) => this.#play(data)));
    this.#part('save').addEventListener('click', () => this.#sound((data, type) => this.#save(data, type)));
    dialog.addEventListener('close', () => this.#loudspeaker?.close().then(() => (this.#loudspeaker = undefined)));
  }

  /** @param {object} trace of a segment, or of a turn */
  show(trace) {
    this.#open(trace, 'What it left', facts(trace));
    const sounds = Boolean(trace.audio.url);
    this.#say('');
    for (const name of ['play', 'save']) this.#part(name).disabled = !sounds;
  }

  /** @param {string} name */
  missing(name) {
    this.#open(undefined, 'Nothing of this is kept', [['looked for', name]]);
    this.#say('A turn is kept for a while after its end, and as long as there is room.');
    for (const part of ['play', 'save']) this.#part(part).disabled = true;
  }

  #open(trace, title, rows) {
    this.#trace = trace;
    this.#part('title').textContent = title;
    const lines = rows.map(([name, value]) => html('div', {}, html('dt', {}, name), html('dd', {}, value)));
    this.#part('facts').replaceChildren(...lines);
    this.#dialog.showModal();
  }

  async #sound(use) {
    try {
      const answer = await get(this.#trace.audio.url);
      if (!answer.ok) throw new Error((await answer.json()).message);
      await use(await answer.arrayBuffer(), answer.headers.get('content-type'));
    } catch (error) {
      this.#say(error.message);
    }
  }

  async #play(data) {
    this.#loudspeaker ??= new AudioContext();
    const source = this.#loudspeaker.createBufferSource();
    source.buffer = await this.#loudspeaker.decodeAudioData(data);
    source.connect(this.#loudspeaker.destination);
    source.start();
    this.#say(`${source.buffer.duration.toFixed(2)} s`);
  }

  #save(data, type) {
    const href = URL.createObjectURL(new Blob([data], { type }));
    const ending = { 'audio/mpeg': 'mp3', 'audio/ogg': 'ogg', 'audio/flac': 'flac' }[type] ?? 'wav';
    html('a', { href, download: `${this.#trace.trace_id ?? this.#trace.turn}.${ending}` }).click();
    URL.revokeObjectURL(href);
  }

  #say(text) {
    this.#part('status').textContent = text;
  }
}

function facts(trace) {
  return [
    ['ended', `${ended(trace)} ${reason(trace)}`],
    ['session', trace.session],
    ['turn', trace.segments ? trace.turn : `${trace.turn}, segment ${trace.segment}`],
    ...(trace.segments ?? [trace]).flatMap(segment),
    ['sound', trace.audio.bytes ? `${(trace.audio.duration_ms / 1000).toFixed(2)} s, ${count(trace.audio.bytes)} bytes` : 'none had come'],
  ];
}

function segment(told) {
  if (told.request === null) return [['a pause', `${told.audio.duration_ms} ms`]];
  return [
    ['trace', told.trace_id ?? 'none was told'],
    ...told.attempts.map(({ trace_id: id, code }) => ['before', `${id ?? 'no trace'}: ${code}`]),
    ['asked', `${moment(told.at)}: ${asked(told.request)}`],
    ['text', `${count(told.characters)} characters, ${told.span[0]} to ${told.span[1]} of the turn’s`],
  ];
}
