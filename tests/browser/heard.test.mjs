import assert from 'node:assert/strict';
import { test } from 'node:test';

import { heardLength } from '../../clients/browser/src/heard.js';

const heard = (text, segments, ms, captionsOf) => {
  const points = [...text];
  return points.slice(0, heardLength(points, segments, ms, captionsOf)).join('');
};
const segment = (from, to, at_ms, duration_ms) => ({ segment: 0, span: [from, to], at_ms, duration_ms });

test('before the first sound nothing is heard', () => {
  assert.equal(heard('Hello there.', [], 0), '');
  assert.equal(heard('Hello there.', [segment(0, 12, 0, 1000)], 0), '');
});

test('heard ends with the last word begun', () => {
  assert.equal(heard('one two three', [segment(0, 13, 0, 1300)], 450), 'one two');
});

test('an ideograph is a word of its own', () => {
  assert.equal(heard('你好，世界。', [segment(0, 6, 0, 600)], 350), '你好，世');
});

test('the end of a segment is known once all of it is there', () => {
  const text = 'First. Second. ';
  assert.equal(heard(text, [segment(0, 6, 0, 500), segment(7, 14, 600, 500)], 550), 'First.');
  assert.equal(heard(text, [segment(0, 6, 0, 500), segment(7, 14, 600, 500)], 1100), text);
  assert.equal(heard('abc def', [segment(0, 7, 0)], 140), 'abc');
});

test('spans count code points, not UTF-16', () => {
  assert.equal(heard('🎈🎈 up and away', [segment(0, 5, 0, 100), segment(6, 14, 100, 100)], 100), '🎈🎈 up');
});

test('captions know better than an estimate', () => {
  const words = [
    { from_ms: 100, to_ms: 200, span: [0, 3] },
    { from_ms: 900, to_ms: 950, span: [4, 9] },
  ];
  const at = (ms) => heard('One **two**. ', [segment(0, 12, 0, 1000)], ms, () => words);
  assert.deepEqual([50, 100, 899, 901, 999, 1000].map(at), ['', 'One', 'One', 'One **two', 'One **two', 'One **two**. ']);
});
