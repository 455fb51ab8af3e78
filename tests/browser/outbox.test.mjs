import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Outbox } from '../../clients/browser/src/outbox.js';

function sent(...messages) {
  const outbox = new Outbox();
  for (const [type, fields] of messages) outbox.put(type, fields).sent = true;
  return outbox;
}

const said = (kept) => kept.map(({ n, type }) => [n, type]);

test('what has arrived is not said again', () => {
  const outbox = sent(['turn.open', { id: 'a', turn: 'a' }], ['turn.append', { turn: 'a' }], ['turn.commit', { turn: 'a' }]);
  assert.deepEqual(said(outbox.after(2)), [[3, 'turn.commit']]);
});

test('what has arrived and was answered is done', () => {
  const outbox = sent(['speak', { id: 'a', turn: 'a' }], ['turn.append', { turn: 'b' }]);
  outbox.answer('a');
  assert.deepEqual(outbox.settle(2), []);
  assert.deepEqual(outbox.after(0), []);
});

test('an answer that was cut off is asked for again', () => {
  const outbox = sent(['speak', { id: 'a', turn: 'a' }], ['turn.append', { turn: 'a' }]);
  assert.deepEqual(said(outbox.settle(2)), [[1, 'speak']]);
});

test('turns of which nothing was said move on to the next session, and questions', () => {
  const outbox = sent(['turn.open', { id: 'a', turn: 'a' }], ['configure', { id: 'q' }], ['ping', {}]);
  outbox.put('turn.append', { turn: 'a' });
  outbox.put('speak', { id: 'b', turn: 'b' });
  assert.deepEqual(outbox.moveOn(), new Set(['b']));
  assert.deepEqual(said(outbox.after(0)), [[2, 'configure'], [5, 'speak']]);
});

test('a turn that this session does not take waits for the next one', () => {
  const outbox = sent(['speak', { id: 'a', turn: 'a' }], ['speak', { id: 'b', turn: 'b' }]);
  outbox.hold('b');
  assert.deepEqual(said(outbox.after(0)), [[1, 'speak']]);
  assert.deepEqual(said(outbox.settle(2)), [[1, 'speak']]);
  assert.deepEqual(outbox.moveOn(), new Set(['b']));
  assert.deepEqual(said(outbox.after(0)), [[2, 'speak']]);
});

test('where the session goes on elsewhere, what waited is said there under numbers that are new', () => {
  const outbox = sent(['speak', { id: 'a', turn: 'a' }], ['turn.append', { turn: 'b' }]);
  outbox.hold('a');
  outbox.settle(2);
  outbox.release();
  assert.deepEqual(said(outbox.after(2)), [[3, 'speak']]);
});
