import { expect, test } from 'vitest';
import { series, smooth } from './series';

const points = [
  { key: 'loss', value: 1, timestamp: 5000, step: 2 },
  { key: 'loss', value: 'NaN', timestamp: 4000, step: 1 },
];

test.each([
  ['step', [[1, null], [2, 1]]],
  ['time', [[4000, null], [5000, 1]]],
  ['relative', [[0, null], [1, 1]]],
] as const)('points by %s are in order and NaN is a gap', (axis, wanted) => expect(series(points, axis)).toEqual(wanted));

test('smoothing keeps a constant and starts at the first value', () => {
  expect(smooth([[0, 2], [1, 2], [2, null], [3, 2]], 0.9).map(([, y]) => y && Math.round(y * 1e9) / 1e9)).toEqual([2, 2, null, 2]);
  expect(smooth([[0, 4], [1, 0]], 0.5)[0]).toEqual([0, 4]);
});
