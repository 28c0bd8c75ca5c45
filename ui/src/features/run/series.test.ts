import { expect, test } from 'vitest';
import { line, middles, smooth } from './series';

const single = (step: number, time: number, first?: number) => ({ step_min: step, step_max: step, time_min: time, time_max: time, first, last: first, min: first, max: first, count: 1, nan: first === undefined ? 1 : 0 });
const few = { key: 'loss', points_total: 2, buckets: [single(1, 4000), single(2, 5000, 1)] };

test.each([
  ['step', [[1, null], [2, 1]]],
  ['time', [[4000, null], [5000, 1]]],
  ['relative', [[0, null], [1, 1]]],
] as const)('few points by %s are as they are, and NaN is a gap', (axis, wanted) => expect(line(few, axis)).toEqual(wanted));

test('a stretch keeps its least and greatest value', () => {
  const many = { key: 'loss', points_total: 100, buckets: [{ step_min: 0, step_max: 3, time_min: 0, time_max: 9, first: 5, last: 2, min: 1, max: 9, count: 100, nan: 0 }] };
  expect(line(many, 'step')).toEqual([[0, 5], [1, 9], [2, 1], [3, 2]]);
  expect(middles(many, 'step')).toEqual([[1.5, 4.25]]);
});

test('smoothing keeps a constant and starts at the first value', () => {
  expect(smooth([[0, 2], [1, 2], [2, null], [3, 2]], 0.9).map(([, y]) => y && Math.round(y * 1e9) / 1e9)).toEqual([2, 2, null, 2]);
  expect(smooth([[0, 4], [1, 0]], 0.5)[0]).toEqual([0, 4]);
});
