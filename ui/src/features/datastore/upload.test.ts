import { expect, test } from 'vitest';
import { placeOf, uploadUrl } from './upload';

test('a file lies in the folder that was named', () => {
  expect(placeOf('', 'a.csv')).toBe('a.csv');
  expect(placeOf('/raw/2013/', 'a.csv')).toBe('raw/2013/a.csv');
});

test('names with any letters stay one place', () => {
  expect(uploadUrl('default', 'lake', 'a b/ü&.csv', 3, true)).toBe(
    '/api/v1/workspaces/default/datastores/lake/uploads?path=a+b%2F%C3%BC%26.csv&size_bytes=3&overwrite=true',
  );
});
