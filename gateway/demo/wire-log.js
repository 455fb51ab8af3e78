const LINES = 200;
const LONGEST = 500;

/** What this page and the gateway say to each other. */
export class WireLog {
  #list;

  /**
   * @param {HTMLElement} list
   * @param {import('/client/voice-gateway.js').VoiceGateway} voice
   */
  constructor(list, voice) {
    this.#list = list;
    voice.on('sent', (message) => this.#add('sent', written(message)));
    voice.on('message', (message) => this.#add('got', written(message)));
    voice.on('frame', ({ seq, segment, position, payload }) => {
      this.#add('frame', `(${payload.byteLength} bytes of audio, seq ${seq}, segment ${segment}, position ${position})`);
    });
  }

  #add(className, textContent) {
    const atEnd = this.#list.scrollHeight - this.#list.scrollTop - this.#list.clientHeight < 40;
    this.#list.append(Object.assign(document.createElement('li'), { className, textContent }));
    while (this.#list.children.length > LINES) this.#list.firstChild.remove();
    if (atEnd) this.#list.scrollTop = this.#list.scrollHeight;
  }
}

/** @param {object} message */
function written(message) {
  const json = JSON.stringify(message);
  return json.length > LONGEST ? `${json.slice(0, LONGEST)} …` : json;
}
