/** Wants to sound at once, and again at a click. */
addEventListener('DOMContentLoaded', async () => {
  const { VoiceGateway } = await import('/client/voice-gateway.js');
  const voice = new VoiceGateway('/v1/stream', { unlockTimeoutMs: 300 });
  document.onclick = async () => {
    await voice.unlock();
    await voice.connect();
    const { outcome } = await voice.speak('Clicked.', { voice: 'test_tones' }).finished;
    console.info(outcome);
  };
  voice.unlock().then(() => console.info('sound without a gesture'), ({ code }) => console.info(code));
});
