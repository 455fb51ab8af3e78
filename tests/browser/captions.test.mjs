import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Captions } from '../../clients/browser/src/captions.js';

const word = (text, from_ms, to_ms, from = 0) => ({ text, from_ms, to_ms, span: [from, from + text.length] });
const list = (segment, words, fields = {}) => ({ segment, words, exact: false, ...fields });
const told = (...messages) => {
  const captions = new Captions();
  for (const message of messages) captions.take(message);
  return captions;
};
const texts = (captions) => captions.words.map(({ text, exact }) => [text, exact]);

test('a list takes the place of the earlier one of its segment only', () => {
  const captions = told(
    list(0, [word('One', 0, 100), word('two', 100, 300)]),
    list(1, [word('three', 500, 900)]),
    list(0, [word('One', 0, 150), word('two', 200, 300)], { exact: true }),
  );
  assert.deepEqual(texts(captions), [['One', true], ['two', true], ['three', false]]);
  assert.deepEqual(captions.of(1).map(({ text }) => text), ['three']);
});

test('a list in several messages stands once the last has come', () => {
  const messages = [
    list(0, [word('old', 0, 100)]),
    list(0, [word('a', 0, 100)], { more: true }),
    list(0, [word('b', 100, 200)], { more: true }),
    list(0, [word('c', 200, 300)]),
  ];
  assert.deepEqual(texts(told(...messages.slice(0, 3))), [['old', false]]);
  assert.deepEqual(texts(told(...messages)), [['a', false], ['b', false], ['c', false]]);
});

test('the word at a time is the one whose time holds it, and none in a rest', () => {
  const words = Array.from({ length: 40 }, (_, n) => word(`w${n}`, n * 100, n * 100 + (n % 3) * 40, n * 5));
  const captions = told(list(0, words.slice(0, 25)), list(1, words.slice(25)));
  for (let ms = -10; ms < 4100; ms += 5) {
    const held = words.find(({ from_ms: from, to_ms: to }) => from <= ms && ms < to);
    assert.equal(captions.at(ms)?.text, held?.text, `${ms} ms`);
  }
  assert.equal(told().at(0), undefined);
});
