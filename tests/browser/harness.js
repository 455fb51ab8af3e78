/** A voice whose sound is recorded behind the player's node, before any device. `turns`: each, and where it began. */
globalThis.record = async ({ handover, renewing, ...options }, recorderScript) => {
  const { VoiceGateway } = await import('/client/voice-gateway.js');
  if (handover) options.handover = sessionStorage;
  if (renewing) options.token = mint;
  const voice = new VoiceGateway('/v1/stream', options);
  globalThis.voice = voice;
  globalThis.recorded = [];
  globalThis.turns = [];
  voice.on('turn', (turn) => turns.push([turn, turn.heardMs]));
  await voice.unlock();
  const { context, output } = voice.player;
  await context.audioWorklet.addModule(URL.createObjectURL(new Blob([recorderScript], { type: 'text/javascript' })));
  const recorder = new AudioWorkletNode(context, 'recorder');
  recorder.port.onmessage = ({ data }) => recorded.push(...data);
  output.connect(recorder).connect(context.destination);
  await voice.connect();
};

/** Everything up to now has been recorded, and `more` samples after it. */
globalThis.listen = (more = 6000) => {
  const enough = recorded.length + more;
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (recorded.length < enough) return;
      clearInterval(timer);
      resolve(recorded);
    }, 20);
  });
};

/** Interrupt a turn once so much of it was heard. */
globalThis.interruptAt = async (turn, ms) => {
  await new Promise((resolve) => turn.on('heard', (heardMs) => heardMs >= ms && resolve()));
  await voice.interrupt();
  return turn.finished;
};
