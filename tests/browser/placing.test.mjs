import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Placing } from '../../clients/browser/src/placing.js';

test('frames in a row are taken whole', () => {
  const placing = new Placing();
  assert.deepEqual([placing.take(0, 100), placing.take(100, 50)], [0, 0]);
  assert.deepEqual([0, 100, 150].map((played) => placing.at(played)), [0, 100, 150]);
});

test('what comes twice is left out', () => {
  const placing = new Placing();
  placing.take(0, 100);
  assert.deepEqual([placing.take(0, 100), placing.take(60, 60), placing.take(120, 10)], [100, 40, 0]);
  assert.deepEqual([placing.at(130), placing.lost], [130, 0]);
});

test('behind what is missing the clock has gone on', () => {
  const placing = new Placing();
  placing.take(0, 100);
  placing.take(250, 50);
  placing.take(310, 10);
  assert.deepEqual([0, 100, 101, 150, 151].map((played) => placing.at(played)), [0, 100, 251, 300, 311]);
  assert.equal(placing.lost, 160);
});

test('who begins in the middle leaves out what comes before', () => {
  const placing = new Placing(130);
  assert.deepEqual([placing.take(0, 100), placing.take(100, 100), placing.take(200, 10)], [100, 30, 0]);
  assert.deepEqual([placing.at(0), placing.at(80), placing.lost], [130, 210, 0]);
});
