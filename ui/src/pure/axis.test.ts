import { expect, test } from 'vitest';
import { height, reach } from './axis';

test('an axis reaches from the first place to the last', () => {
  expect(reach([3, 1, 2], 'step')).toEqual([1, 3]);
  expect(reach([], 'step')).toBeUndefined();
});

test('a single place stands in the middle of little', () => {
  expect(reach([5], 'step')).toEqual([4, 6]);
  expect(reach([60_000, 60_000], 'time')).toEqual([30_000, 90_000]);
});

test('what is seen fills the height', () => {
  const line: [number, number | null][] = [[0, 2.2], [1, 0.22], [2, null], [3, 0.178], [4, 0.21], [5, 9]];
  expect(height([line], [1, 4])).toEqual([0.16, 0.22]);
  expect(height([line], [0, 5])).toEqual([0, 10]);
  expect(height([line], [2, 2])).toBeUndefined();
  expect(height([[[0, 7], [1, 7]]], [0, 1])).toBeUndefined();
});
