import { expect, test } from 'vitest';
import { layers } from './layers';

const link = (text: string) => {
  const [from = '', to = ''] = text.split('>');
  return { from, to };
};

test('a diamond has three layers with its arms side by side', () => {
  const places = layers(['a', 'b', 'c', 'd'], ['a>b', 'a>c', 'b>d', 'c>d'].map(link));
  expect(Object.fromEntries(places)).toEqual({
    a: { layer: 0, offset: 0 },
    b: { layer: 1, offset: -0.5 },
    c: { layer: 1, offset: 0.5 },
    d: { layer: 2, offset: 0 },
  });
});

test('a node is below the longest way to it', () => {
  expect(layers(['a', 'b', 'c'], ['a>b', 'b>c', 'a>c'].map(link)).get('c')?.layer).toBe(2);
});

test('chains that are listed crosswise do not cross', () => {
  const places = layers(['a', 'b', 'y', 'x'], ['a>x', 'b>y'].map(link));
  expect(Math.sign(places.get('x')!.offset)).toBe(Math.sign(places.get('a')!.offset));
});

test('a link to nowhere, to itself or in a circle does no harm', () => {
  expect(layers(['a', 'b'], ['a>b', 'b>a', 'a>a', 'a>gone'].map(link)).size).toBe(2);
});
