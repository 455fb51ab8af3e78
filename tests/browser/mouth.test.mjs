import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Mouth } from '../../clients/browser/src/mouth.js';

const told = (...messages) => {
  const mouth = new Mouth();
  for (const message of messages) mouth.take({ hop_ms: 20, levels: [], ...message });
  return mouth;
};

test('a mouth without news is shut', () => {
  assert.deepEqual(told().at(100), { level: 0, viseme: undefined });
});

test('each level stands for its hop, over the joints of messages', () => {
  const mouth = told({ at_ms: 0, levels: [10, 20] }, { at_ms: 41, levels: [30] }, { at_ms: 200, levels: [40] });
  const levels = [0, 19.99, 20, 40.5, 41, 61, 81, 100, 200, 219, 240].map((ms) => Math.round(mouth.at(ms).level * 100));
  assert.deepEqual(levels, [10, 10, 20, 20, 30, 30, 0, 0, 40, 40, 0]);
});

test('a viseme stands until the next one', () => {
  const mouth = told({ at_ms: 50, visemes: [[50, 'aa'], [120, 'PP']] }, { at_ms: 300, visemes: [[300, 'sil']] });
  assert.deepEqual([49, 50, 119, 120, 299, 300, 9999].map((ms) => mouth.at(ms).viseme), [
    undefined, 'aa', 'aa', 'PP', 'PP', 'sil', 'sil',
  ]);
});
