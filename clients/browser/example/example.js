/** A page of another origin than the gateway's: see the README for how to run it. */
import { VoiceGateway } from '../src/voice-gateway.js';

const gateway = new URLSearchParams(location.search).get('gateway') ?? 'ws://127.0.0.1:8080/v1/stream';
const voice = new VoiceGateway(gateway, { codec: 'auto', config: { captions: 'words' } });
const [reply, speak, interrupt, state] = ['reply', 'speak', 'interrupt', 'state'].map((id) => document.getElementById(id));
const text = reply.textContent;

voice.on('reconnecting', () => (state.textContent = 'Reconnecting …'));
voice.on('resumed', () => (state.textContent = 'Speaking.'));
voice.on('close', ({ message }) => (state.textContent = message));

speak.onclick = async () => {
  const unlocked = voice.unlock(); // inside the click, before anything is awaited
  try {
    await voice.connect();
    await unlocked;
    await readAloud();
  } catch (error) {
    state.textContent = error.message;
  }
};
interrupt.onclick = () => voice.interrupt();

async function readAloud() {
  const turn = voice.openTurn();
  turn.on('playing', () => (state.textContent = 'Speaking.'));
  turn.on('heard', () => show(turn.wordAt()?.span));
  interrupt.disabled = false;
  for (const piece of text.match(/\S+\s*/g)) {
    turn.append(piece);
    await new Promise((next) => setTimeout(next, 40));
  }
  turn.commit();
  const { outcome, heard, heardMs } = await turn.finished;
  interrupt.disabled = true;
  state.textContent = `${outcome}, ${(heardMs / 1000).toFixed(1)} s heard.`;
  show([[...heard].length, [...text].length], 'unheard');
}

/** Spans count code points. */
function show([from, to] = [0, 0], className = 'lit') {
  const points = [...text];
  const part = Object.assign(document.createElement('span'), { className, textContent: points.slice(from, to).join('') });
  reply.replaceChildren(points.slice(0, from).join(''), part, points.slice(to).join(''));
}
