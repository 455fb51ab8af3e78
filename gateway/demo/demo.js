import { VoiceGateway } from '/client/voice-gateway.js';
import { Cast } from '/demo/cast.js';
import { Dial } from '/demo/dial.js';
import { askSecret, remembered } from '/demo/door.js';
import { Face } from '/demo/face.js';
import { Meters, seconds } from '/demo/meters.js';
import { Reading } from '/demo/reading.js';
import { Scope } from '/demo/scope.js';
import { switchable } from '/demo/theme.js';
import { VoiceMap } from '/demo/voice-map.js';
import { OTHER, VoicePicker } from '/demo/voices.js';
import { WireLog } from '/demo/wire-log.js';

const AUTO = 'auto';
/** Those of the first sample, besides the main voice's. */
const MAPPED = ['ja', 'ar', 'zh', 'es'];

const $ = (id) => document.getElementById(id);
const catalogue = await (await fetch('/demo/voices.json')).json();
const samples = new Map(catalogue.languages.map(({ tag, sample }) => [tag, sample]));

const voice = new VoiceGateway('/v1/stream', { token: remembered(), config: { captions: 'words', lip: true } });
const reading = new Reading($('reading'));
const scope = new Scope($('scope'));
const face = new Face($('face'));
const cast = new Cast($('cast'), catalogue);
const meters = new Meters($('meters'));
const picker = new VoicePicker({ menu: $('voice'), search: $('voice-search'), about: $('voice-about') }, catalogue);
const voiceMap = new VoiceMap($('voice-map'), $('more-voices'), catalogue);
const dial = new Dial($('stations'), catalogue.languages, chooseLanguage);
new WireLog($('wire-lines'), voice);

/** @type {import('/client/voice-gateway.js').Turn | undefined} */
let speaking;
/** The voice of which it was said what its first words cost. */
let warned;

$('receiver').addEventListener('submit', (event) => {
  event.preventDefault();
  speak();
});
$('interrupt').addEventListener('click', interrupt);
$('edit').addEventListener('click', edit);
$('reading').addEventListener('click', () => speaking || edit());
$('voice').addEventListener('change', showOtherVoice);
$('hear').addEventListener('click', hear);
$('speed').addEventListener('input', showSliders);
$('pitch').addEventListener('input', showSliders);
document.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) $('receiver').requestSubmit();
  if (event.key === 'Escape' && speaking) interrupt();
});
voice.on('reconnecting', () => showLamp('wait', 'reconnecting'));
voice.on('resumed', () => showLamp('on', 'connected'));
voice.on('welcome', () => showLamp('on', 'connected'));
voice.on('close', ({ closeCode }) => showLamp('off', closeCode === 4203 ? 'asleep until you speak' : 'not connected'));
voice.on('error', ({ message, fatal }) => fatal || say(message, 'bad'));

switchable($('theme'), () => scope.draw());
voiceMap.open(MAPPED);
$('text').value = samples.get(AUTO);
dial.turnTo(AUTO);
connect().then(loadVoices).catch(explain);

function chooseLanguage(tag) {
  picker.turnTo(tag);
  showOtherVoice();
  $('voices').hidden = tag !== AUTO;
  $('text').lang = tag === AUTO ? '' : tag;
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

/** The gateway's catalogue in the place of what the page knows by itself, which stays where that cannot be read. */
async function loadVoices() {
  const token = voice.token ?? '';
  if (!/^[!-~]*$/.test(token)) return; // no header takes it
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const response = await fetch('/v1/voices', { headers }).catch(() => undefined);
  if (response?.ok) picker.offer((await response.json()).voices);
}

function speak() {
  return utter($('text').value, dial.language, voicesByLanguage(), $('streamed').checked);
}

/** A few sentences in the voice's own language. */
async function hear() {
  const { voice_id: id, language, state, fee_usd: fee } = picker.chosen ?? {};
  const costs = state === 'inactive';
  if (costs && warned !== id) {
    warned = id;
    return say(`Its first words cost $${fee.toFixed(2)}, and it stays for good. Press again to hear it.`);
  }
  const tag = language ?? (dial.language === AUTO ? 'en' : dial.language);
  const turn = await utter(samples.get(tag), tag, voiceMap.nothing, false);
  if (costs) turn?.on('finished', () => loadVoices());
}

async function utter(text, language, voices, streamed) {
  const clicked = performance.now();
  try {
    const unlocked = voice.unlock(); // before anything is awaited: the click is what allows the sound
    say('Waiting for the first sound …');
    await connect();
    await unlocked;
    await voice.interrupt();
    await voice.configure({ voices }, 'next_turn');
    return begin(text, language, clicked, streamed);
  } catch (error) {
    return explain(error);
  }
}

function voicesByLanguage() {
  return dial.language === AUTO ? voiceMap.patch(picker.chosen?.language ?? 'en') : voiceMap.nothing;
}

function begin(text, language, clicked, streamed) {
  const voiceId = $('voice').value === OTHER ? $('voice-id').value.trim() : $('voice').value;
  const options = {
    language,
    voice: { voice_id: voiceId || undefined, speed: Number($('speed').value), pitch: Number($('pitch').value) },
  };
  reading.open(text, language);
  const turn = streamed ? voice.openTurn(options) : voice.speak(text, options);
  follow(turn, clicked);
  if (streamed) typeOut(turn, text);
  return turn;
}

/** As a language model writes: a word every few hundredths of a second. */
async function typeOut(turn, text) {
  const words = new Intl.Segmenter(undefined, { granularity: 'word' });
  for (const { segment } of words.segment(text)) {
    await new Promise((next) => setTimeout(next, 30));
    if (turn !== speaking) return;
    turn.append(segment);
  }
  turn.commit();
}

function follow(turn, clicked) {
  speaking = turn;
  setSpeaking(true);
  for (const view of [reading, scope, cast, meters]) view.follow(turn, clicked);
  turn.on('playing', () => say('Speaking. Interrupt whenever you like.'));
  turn.on('finished', (finish) => turn === speaking && finished(finish));
  animate();
}

function finished(finish) {
  speaking = undefined;
  setSpeaking(false);
  say(...verdict(finish));
}

function verdict({ outcome, heardMs, heard, unheard, error }) {
  if (outcome === 'done') return [`Heard to its end: ${seconds(heardMs)}.`];
  if (outcome === 'failed') return [error?.message ?? 'The gateway could not speak this.', 'bad'];
  if (outcome === 'lost') return ['The connection was lost.', 'bad'];
  const share = Math.round((100 * heard.length) / Math.max(1, heard.length + unheard.length));
  return [`Interrupted after ${seconds(heardMs)}: ${share}% was heard${share ? `, to ${quoted(heard)}` : ''}.`];
}

/** Its end, in its own direction within the sentence around it. */
function quoted(text) {
  return `“\u2068…${[...text.trimEnd()].slice(-16).join('')}\u2069”`;
}

function interrupt() {
  voice.interrupt().catch(explain);
}

function edit() {
  reading.close();
  scope.clear();
  cast.clear();
  $('text').classList.remove('covered');
  $('edit').disabled = true;
}

/** The dial is lit by the voice, and the face says what the ear hears. */
function animate() {
  const level = speaking ? Math.min(1, voice.player.level() * 5) : 0;
  document.documentElement.style.setProperty('--level', level.toFixed(2));
  const moving = face.show(speaking?.mouthAt());
  if (speaking || moving) requestAnimationFrame(animate);
}

function setSpeaking(on) {
  $('interrupt').disabled = !on;
  $('edit').disabled = on;
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
