import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buckets, quantile, samples, total } from '../../gateway/demo/operator/exposition.js';

const TEXT = `# HELP a_seconds Help.
# TYPE a_seconds histogram
a_seconds_bucket{stage="total",le="0.1"} 2.0
a_seconds_bucket{stage="total",le="0.2"} 4.0
a_seconds_bucket{stage="total",le="+Inf"} 5.0
a_seconds_bucket{stage="queue",le="+Inf"} 7.0
turns_total{outcome="done",code=""} 3.0
turns_total{outcome="failed",code="a\\"b\\\\n\\n"} 1.0
sessions 2.0
`;

test('a sample is its name, its labels and its value', () => {
  assert.deepEqual(samples(TEXT).slice(-3), [
    { name: 'turns_total', labels: { outcome: 'done', code: '' }, value: 3 },
    { name: 'turns_total', labels: { outcome: 'failed', code: 'a"b\\n\n' }, value: 1 },
    { name: 'sessions', labels: {}, value: 2 },
  ]);
  assert.equal(total(samples(TEXT), 'turns_total'), 4);
  assert.equal(total(samples(TEXT), 'turns_total', { outcome: 'failed' }), 1);
});

test('buckets stand by themselves, and quantiles lie within them', () => {
  const parts = buckets(samples(TEXT), 'a_seconds', { stage: 'total' });
  assert.deepEqual(parts.map(({ count }) => count), [2, 2, 1]);
  assert.equal(quantile(parts, 0.4), 0.1);
  assert.ok(Math.abs(quantile(parts, 0.6) - 0.15) < 1e-9);
  assert.equal(quantile(parts, 0.99), 0.2);
  assert.equal(quantile([], 0.5), undefined);
});
