import { VoiceGateway, type Finish } from '@voice-gateway/client';

const gateway = new URLSearchParams(location.search).get('gateway')!;
const voice = new VoiceGateway(gateway, { config: { voice: { voice_id: 'test_tones' } } });
const recorded: number[] = [];

/** Between the player and the loudspeaker. */
async function record(): Promise<void> {
  const context = voice.player.context!;
  await context.audioWorklet.addModule('./recorder.js');
  const recorder = new AudioWorkletNode(context, 'recorder');
  recorder.port.onmessage = ({ data }) => recorded.push(...data);
  voice.player.output!.connect(recorder).connect(context.destination);
}

document.querySelector('button')!.onclick = async () => {
  await voice.unlock();
  await voice.connect();
  await record();
  const finish: Finish = await voice.speak('Hello from a bundle.').finished;
  setTimeout(() => Object.assign(globalThis, { told: { ...finish, recorded } }), 500);
};
