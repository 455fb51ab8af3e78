import assert from 'node:assert/strict';
import { test } from 'node:test';

globalThis.AudioWorkletProcessor = class {};
globalThis.registerProcessor = () => {};
const { PlayedTurn, SampleQueue } = await import('../../clients/browser/src/player-worklet.js');

const BLOCK = 128;
const ramp = (count) => Int16Array.from({ length: count }, (_, index) => ((index * 37) % 65536) - 32768);

function turn({ rate = 24000, channels = 1, prebufferMs = 60 } = {}, contextRate = 24000) {
  return new PlayedTurn({ handle: 1, rate, channels, prebufferMs }, contextRate);
}

function play(played, frames, channels = 1) {
  const output = Array.from({ length: channels }, () => new Float32Array(frames));
  return { filled: played.render(output, 0), output };
}

test('a queue gives back what it was given, in every chunking, however much is waiting', () => {
  const samples = ramp(100_000);
  for (const size of [2, 14, 1000, 33_334, 100_000]) {
    const queue = new SampleQueue(2);
    for (let at = 0; at < samples.length; at += size) queue.push(samples.subarray(at, at + size));
    const back = Int16Array.from({ length: samples.length }, (_, index) => queue.at(index >> 1, index & 1) * 32768);
    assert.deepEqual(back, samples);
  }
});

test('a queue that is read while it is filled keeps its size', () => {
  const queue = new SampleQueue(1);
  const samples = ramp(480);
  for (let frame = 0; frame < 240_000; frame += samples.length) {
    queue.push(samples);
    queue.release(frame);
    assert.equal(queue.at(frame + 479, 0), samples[479] / 32768);
  }
  assert.equal(queue.frames, 16384);
});

test('at the wire rate every sample comes out as it went in', () => {
  const played = turn();
  const samples = ramp(3000);
  played.queue.push(samples);
  played.complete = true;
  const { filled, output } = play(played, 4096);
  assert.equal(filled, 3000);
  assert.deepEqual(Int16Array.from(output[0].subarray(0, filled), (sample) => sample * 32768), samples);
  assert.ok(played.silent);
});

test('a mono turn sounds on both sides', () => {
  const played = turn();
  played.queue.push(ramp(BLOCK));
  played.complete = true;
  const { output } = play(played, BLOCK, 2);
  assert.deepEqual(output[0], output[1]);
});

test('nothing sounds before the jitter buffer is full', () => {
  const played = turn({ prebufferMs: 60 });
  played.queue.push(ramp(1439));
  assert.equal(play(played, BLOCK).filled, 0);
  played.queue.push(ramp(1));
  assert.equal(play(played, BLOCK).filled, BLOCK);
});

test('little that nothing follows is played all the same', () => {
  const played = turn({ prebufferMs: 60 });
  played.queue.push(ramp(100));
  let blocks = 0;
  while (play(played, BLOCK).filled === 0) blocks += 1;
  assert.equal(blocks, Math.ceil((2 * 1440) / BLOCK));
});

test('an underrun makes the jitter buffer larger, up to a bound', () => {
  const played = turn({ prebufferMs: 60 });
  const sizes = Array.from({ length: 12 }, () => (played.starve(), played.prebuffer / 24));
  assert.deepEqual(sizes.slice(0, 3), [100, 140, 180]);
  assert.equal(sizes.at(-1), 400);
});

test('a flushed turn fades out in 6 ms and plays nothing beyond', () => {
  const played = turn();
  played.queue.push(new Int16Array(10_000).fill(16384));
  play(played, BLOCK);
  played.fade();
  const { filled, output } = play(played, 1000);
  assert.equal(filled, 144);
  assert.ok(played.silent);
  assert.deepEqual(
    output[0].subarray(0, 144),
    Float32Array.from({ length: 144 }, (_, index) => ((144 - index) / 144) * 0.5),
  );
  assert.equal(played.samples, BLOCK + 144);
});

test('a turn that has not begun to sound is silent at once', () => {
  const played = turn();
  played.queue.push(ramp(100));
  played.fade();
  assert.ok(played.silent);
});

for (const [rate, contextRate] of [[24000, 48000], [24000, 44100], [44100, 24000], [8000, 48000]]) {
  test(`a tone at ${rate} Hz keeps its shape at ${contextRate} Hz`, () => {
    const wave = (frame, per) => 0.5 * Math.sin((2 * Math.PI * 1000 * frame) / per);
    const played = turn({ rate }, contextRate);
    played.queue.push(Int16Array.from({ length: rate }, (_, frame) => Math.round(wave(frame, rate) * 32768)));
    played.complete = true;
    const { filled, output } = play(played, contextRate + BLOCK);
    assert.ok(Math.abs(filled - contextRate) <= 1, `${filled} samples`);
    const error = (frame) => Math.abs(output[0][frame] - wave(frame, contextRate));
    const worst = Math.max(...Array.from({ length: contextRate - 2000 }, (_, index) => error(index + 1000)));
    assert.ok(worst < 0.002, `off by ${worst}`);
  });
}

test('what the context cannot carry is filtered out, not folded back', () => {
  const played = turn({ rate: 44100 }, 24000);
  const tone = (frame) => Math.round(16384 * Math.sin((2 * Math.PI * 17000 * frame) / 44100));
  played.queue.push(Int16Array.from({ length: 44100 }, (_, frame) => tone(frame)));
  played.complete = true;
  const { output } = play(played, 23000);
  assert.ok(Math.max(...output[0].subarray(1000, 22000).map(Math.abs)) < 0.005);
});
