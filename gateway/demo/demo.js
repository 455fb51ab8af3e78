import { VoiceGateway } from '/client/voice-gateway.js';
import { Dial } from '/demo/dial.js';
import { askSecret, remembered } from '/demo/door.js';
import { Reading } from '/demo/reading.js';
import { Scope } from '/demo/scope.js';
import { fillVoices, OTHER } from '/demo/voices.js';
import { WireLog } from '/demo/wire-log.js';

const $ = (id) => document.getElementById(id);
const catalogue = await (await fetch('/demo/voices.json')).json();
const samples = new Map(catalogue.languages.map(({ tag, sample }) => [tag, sample]));

const voice = new VoiceGateway('/v1/stream', { token: remembered() });
const reading = new Reading($('reading'));
const scope = new Scope($('scope'));
const dial = new Dial($('stations'), catalogue.languages, chooseLanguage);
new WireLog($('wire-lines'), voice);

/** @type {import('/client/voice-gateway.js').Turn | undefined} */
let speaking;

$('receiver').addEventListener('submit', (event) => {
  event.preventDefault();
  speak();
});
$('interrupt').addEventListener('click', interrupt);
$('edit').addEventListener('click', edit);
$('reading').addEventListener('click', () => speaking || edit());
$('voice').addEventListener('change', showOtherVoice);
$('speed').addEventListener('input', showSliders);
$('pitch').addEventListener('input', showSliders);
$('theme').addEventListener('click', switchTheme);
document.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) $('receiver').requestSubmit();
  if (event.key === 'Escape' && speaking) interrupt();
});
voice.on('close', ({ closeCode }) => showLamp('off', closeCode === 4203 ? 'asleep until you speak' : 'not connected'));
voice.on('error', ({ message, fatal }) => fatal || say(message, 'bad'));

useTheme(localStorage.getItem('voice-gateway.theme'));
$('text').value = samples.get('en');
dial.turnTo(catalogue.languages.find(({ tag }) => navigator.language.startsWith(tag))?.tag ?? 'en');
connect().catch(explain);

function chooseLanguage(tag) {
  fillVoices($('voice'), catalogue, tag);
  showOtherVoice();
  $('text').lang = tag === 'auto' ? '' : tag;
  if (![...samples.values(), ''].includes($('text').value.trim())) return;
  $('text').value = samples.get(tag);
  if (!speaking) edit();
}

/** Asks for the secret as often as the gateway wants another one. */
async function connect() {
  showLamp('wait', 'connecting');
  for (;;) {
    try {
      await voice.connect();
      return showLamp('on', 'connected');
    } catch (closed) {
      if (closed.closeCode !== 4001) throw closed;
      voice.token = await askSecret($('door'));
      if (voice.token === undefined) throw closed;
    }
  }
}

async function speak() {
  const clicked = performance.now();
  try {
    const unlocked = voice.unlock(); // before anything is awaited: the click is what allows the sound
    say('Waiting for the first sound …');
    await connect();
    await unlocked;
    await voice.interrupt();
    follow(begin($('text').value), clicked);
  } catch (error) {
    explain(error);
  }
}

function begin(text) {
  const voiceId = $('voice').value === OTHER ? $('voice-id').value.trim() : $('voice').value;
  const options = {
    language: dial.language,
    voice: { voice_id: voiceId || undefined, speed: Number($('speed').value), pitch: Number($('pitch').value) },
  };
  reading.open(text, dial.language);
  scope.clear();
  if (!$('streamed').checked) return voice.speak(text, options);
  const turn = voice.openTurn(options);
  typeOut(turn, text);
  return turn;
}

/** As a language model writes: a word every few hundredths of a second. */
async function typeOut(turn, text) {
  const words = new Intl.Segmenter(undefined, { granularity: 'word' });
  for (const { segment } of words.segment(text)) {
    await new Promise((next) => setTimeout(next, 30));
    if (turn !== speaking || !voice.connected) return;
    turn.append(segment);
  }
  turn.commit();
}

function follow(turn, clicked) {
  let bytes = 0;
  speaking = turn;
  show('first', '–');
  setSpeaking(true);
  turn.on('frame', (frame) => {
    show('bytes', size((bytes += frame.payload.byteLength)));
    scope.add(frame, turn.audio);
  });
  turn.on('segment.started', ({ at_ms: at }) => {
    scope.border(at);
    show('segments', turn.segments.length);
    reading.follow(turn);
  });
  turn.on('playing', () => {
    show('first', `${Math.round(performance.now() - clicked)} ms`);
    say('Speaking. Interrupt whenever you like.');
  });
  turn.on('heard', (ms, aheadMs) => {
    show('heard', seconds(ms));
    show('ahead', seconds(aheadMs));
    scope.hear(ms);
    reading.follow(turn);
  });
  turn.on('finished', (finish) => finished(turn, finish));
  glow();
}

function finished(turn, finish) {
  show('heard', seconds(finish.heardMs));
  show('ahead', seconds(0));
  scope.hear(finish.heardMs);
  if (turn !== speaking) return;
  speaking = undefined;
  setSpeaking(false);
  reading.end(finish);
  if (finish.outcome !== 'done') scope.cut();
  say(...verdict(finish));
}

function verdict({ outcome, heardMs, heard, unheard, error }) {
  if (outcome === 'done') return [`Heard to its end: ${seconds(heardMs)}.`];
  if (outcome === 'failed') return [error?.message ?? 'The gateway could not speak this.', 'bad'];
  if (outcome === 'lost') return ['The connection was lost.', 'bad'];
  const share = Math.round((100 * heard.length) / Math.max(1, heard.length + unheard.length));
  return [`Interrupted after ${seconds(heardMs)}: ${share}% of the text was heard.`];
}

function interrupt() {
  voice.interrupt().catch(explain);
}

function edit() {
  reading.close();
  scope.clear();
  $('text').classList.remove('covered');
  $('edit').hidden = true;
}

/** The dial is lit by the voice. */
function glow() {
  const level = speaking ? Math.min(1, voice.player.level() * 5) : 0;
  document.documentElement.style.setProperty('--level', level.toFixed(2));
  if (speaking) requestAnimationFrame(glow);
}

function setSpeaking(on) {
  $('interrupt').disabled = !on;
  $('edit').hidden = on;
  $('text').classList.add('covered');
}

function explain(error) {
  if (!voice.connected) showLamp('off', 'not connected');
  say(error.message, 'bad');
}

function say(text, tone = '') {
  $('status').textContent = text;
  $('status').dataset.tone = tone;
}

function showLamp(state, text) {
  $('lamp').dataset.state = state;
  $('lamp-text').textContent = text;
}

function showOtherVoice() {
  $('other-voice').hidden = $('voice').value !== OTHER;
}

function showSliders() {
  const pitch = Number($('pitch').value);
  $('speed-value').value = `${Number($('speed').value).toFixed(2)}×`;
  $('pitch-value').value = pitch > 0 ? `+${pitch}` : String(pitch).replace('-', '−');
}

function switchTheme() {
  const dark = getComputedStyle(document.body).colorScheme === 'dark'
    || (document.documentElement.style.colorScheme === '' && matchMedia('(prefers-color-scheme: dark)').matches);
  useTheme(dark ? 'light' : 'dark');
  localStorage.setItem('voice-gateway.theme', dark ? 'light' : 'dark');
}

function useTheme(theme) {
  document.documentElement.style.colorScheme = theme ?? '';
  scope.draw();
}

function show(meter, value) {
  $(`meter-${meter}`).textContent = value;
}

function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}

function size(bytes) {
  return bytes < 1e6 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
