import assert from 'node:assert/strict';
import { test } from 'node:test';

import { delayMs, isFinal } from '../../clients/browser/src/close-codes.js';

const always = (code, attempts) => delayMs(code, attempts, 1);

test('what would be refused again stays away', () => {
  for (const code of [1000, 1002, 1003, 1007, 1008, 1009, 4000, 4001, 4008, 4077]) assert.ok(isFinal(code), `${code}`);
  for (const code of [1001, 1005, 1006, 1011, 1012, 1013, 4100, 4177, 4200, 4203]) assert.ok(!isFinal(code), `${code}`);
});

test('a cut connection is back at once, and then later and later', () => {
  assert.deepEqual([0, 1, 2, 3, 4, 5, 60].map((attempts) => always(1006, attempts)), [500, 2000, 4000, 8000, 16000, 30000, 30000]);
});

test('who is asked to wait waits the first time too', () => {
  for (const code of [1011, 1012, 1013, 4100, 4150]) assert.equal(always(code, 0), 1000);
});

test('a drained gateway is left within three seconds, and then less often', () => {
  assert.deepEqual([0, 1].map((attempts) => always(4250, attempts)), [3000, 2000]);
});

test('jitter is full', () => {
  assert.deepEqual([1006, 4100, 4200].map((code) => delayMs(code, 0, 0)), [0, 0, 0]);
});
