/** Wants to sound at once, and again at a click. */
addEventListener('DOMContentLoaded', async () => {
  const { VoiceGateway } = await import('/client/voice-gateway.js');
  const voice = new VoiceGateway('/v1/stream', { unlockTimeoutMs: 300 });
  const show = (text) => (document.body.dataset.state = text);
  document.body.onclick = async () => {
    await voice.unlock();
    await voice.connect();
    const { outcome } = await voice.speak('Clicked.', { voice: 'test_tones' }).finished;
    show(outcome);
  };
  voice.unlock().then(() => show('sound without a gesture'), ({ code }) => show(code));
});
