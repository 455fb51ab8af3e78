import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { encode, parseFrame, streamUrl, subprotocols } from '../../clients/browser/src/wire.js';

const vectors = JSON.parse(readFileSync(new URL('../vectors/frames.json', import.meta.url)));

const bytes = (hex) => Uint8Array.from(Buffer.from(hex, 'hex')).buffer;
const hex = (view) => Buffer.from(view).toString('hex');

for (const { name, hex: message, ...fields } of vectors.frames) {
  test(`a frame is read: ${name}`, () => {
    const frame = parseFrame(bytes(message));
    assert.deepEqual({ ...frame, payload: hex(frame.payload) }, fields);
  });
}

test('what is no frame is refused', () => {
  for (const message of [...vectors.malformed, '03'.padEnd(32, '0'), '00'.padEnd(32, '0')]) {
    assert.throws(() => parseFrame(bytes(message)), RangeError, message);
  }
});

test('a message leaves out what is undefined', () => {
  assert.equal(encode('turn.cancel', { turn: 'a', played_ms: undefined }), '{"type":"turn.cancel","turn":"a"}');
});

test('a token rides beside the subprotocol as base64url', () => {
  assert.deepEqual(subprotocols(), ['voice-gateway.v1']);
  assert.deepEqual(subprotocols('ÿ?>~'), ['voice-gateway.v1', 'bearer.w78_Pn4']);
});

test('a socket has an address wherever the gateway is named', () => {
  const address = (url, base) => streamUrl(url, base).href;
  assert.equal(address('/', 'https://voice.example/page?x#y'), 'wss://voice.example/v1/stream');
  assert.equal(address('http://127.0.0.1:8080'), 'ws://127.0.0.1:8080/v1/stream');
  assert.equal(address('wss://voice.example/behind/v1/stream'), 'wss://voice.example/behind/v1/stream');
});
