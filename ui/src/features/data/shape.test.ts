import { expect, test } from 'vitest';
import { atTheRight, cell, drawable, tablesOf } from './shape';

const column = (name: string, type: string) => ({ name, type });

test('what is drawn along, and what up', () => {
  expect(drawable([column('carrier', 'Utf8View'), column('n', 'Int64')], 16)).toEqual({ across: 'carrier', up: ['n'], kind: 'bars' });
  expect(drawable([column('day', 'Date32'), column('mean', 'Float64')], 16)?.kind).toBe('line');
  expect(drawable([column('x', 'Int64'), column('y', 'Float64')], 900)).toEqual({ across: 'x', up: ['y'], kind: 'line' });
  expect(drawable([column('carrier', 'Utf8View'), column('n', 'Int64')], 600)?.kind).toBe('line');
  expect(drawable([column('a', 'Utf8'), column('b', 'Utf8')], 9)).toBeUndefined();
  expect(drawable([column('n', 'Int64')], 1)).toBeUndefined();
});

test('cells show what is there', () => {
  expect([null, 3, 0.1 + 0.2, true, { a: 1 }, 'x'].map(cell)).toEqual(['', '3', '0.3', 'true', '{"a":1}', 'x']);
});

test('tables of a version are what stands first in its paths', () => {
  expect(tablesOf(['flights/2013-01.parquet', 'flights/2013-02.parquet', 'planes.parquet', 'source.json'])).toEqual(['flights', 'planes.parquet']);
});

test('what is small beside the rest has an axis of its own', () => {
  expect(atTheRight([40_000, 20, 0])).toEqual([false, true, false]);
  expect(atTheRight([10, 5])).toEqual([false, false]);
});
