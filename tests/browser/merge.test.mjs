import assert from 'node:assert/strict';
import { test } from 'node:test';

import { merged } from '../../clients/browser/src/merge.js';

/** RFC 7396, appendix A: target, patch, result. */
const CASES = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [undefined, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
];

test('settings are merged as the RFC says', () => {
  for (const [target, patch, result] of CASES) assert.deepEqual(merged(target, patch), result);
});
