import { expect, test } from 'vitest';
import { drawn, line, middles, smooth, splice, stretchOf, zoomed } from './series';

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

test('a finer stretch takes the place of what was coarse there', () => {
  expect(splice([[0, 1], [5, 2], [9, 3]], [[4, 7], [5, 8], [6, 9]])).toEqual([[0, 1], [4, 7], [5, 8], [6, 9], [9, 3]]);
  expect(splice([[0, 1]], [])).toEqual([[0, 1]]);
  const whole = { ...few, buckets: [single(0, 1000, 1), single(9, 9000, 2)] };
  const part = { ...few, buckets: [single(5, 5000, 7)] };
  // Seconds are counted from the start of the whole, not of the part.
  expect(drawn('loss', whole, { axis: 'relative', weight: 0 }, part)).toEqual([{ name: 'loss', points: [[0, 1], [4, 7], [8, 2]] }]);
});

test('what is seen is asked for in steps or in the time of the clock', () => {
  expect(stretchOf([1.5, 3.5], 'step', 0)).toEqual({ start_step: 1, end_step: 4 });
  expect(stretchOf([1.5, 3.5], 'time', 1000)).toEqual({ start_time: 1, end_time: 4 });
  expect(stretchOf([1.5, 3.5], 'relative', 1000)).toEqual({ start_time: 2500, end_time: 4500 });
});

test('one looks closer around the middle, and never beyond the ends', () => {
  expect(zoomed([0, 100], [0, 100], 0.5)).toEqual([25, 75]);
  expect(zoomed([25, 75], [0, 100], 4)).toEqual([0, 100]);
  expect(zoomed([0, 50], [0, 100], 1, 0.5)).toEqual([25, 75]);
  expect(zoomed([60, 100], [0, 100], 1, 0.5)).toEqual([60, 100]);
});
