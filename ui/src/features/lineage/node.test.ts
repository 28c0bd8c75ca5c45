import { expect, test } from 'vitest';
import { nodeWords } from './node';

const node = (kind: string, more: object) => ({ id: 'i', kind, workspace: 'dev', name: 'n', version: null, state: null, facts: {}, ...more });

test('every kind has words and a page', () => {
  expect(nodeWords(node('job', { name: 'fit', state: 'Completed', facts: { job: 'j1', commit: '0123456789abcdef' } }), 'dev')).toEqual({
    title: 'fit', below: 'Completed · 01234567', href: '/workspaces/dev/jobs/j1',
  });
  expect(nodeWords(node('model', { name: 'delay', version: '3' }), 'dev').href).toBe('/workspaces/dev/models/delay/versions/3');
  expect(nodeWords(node('data', { name: 'a b', version: '1' }), 'dev').href).toBe('/workspaces/dev/data/a%20b/versions/1');
  expect(nodeWords(node('endpoint', { name: 'e' }), 'dev').href).toBe('/workspaces/dev/endpoints/e');
  expect(nodeWords(node('release', { name: 'r', version: '2', state: 'DEV Live' }), 'dev')).toEqual({ title: 'r:2', below: 'DEV Live', href: '/workspaces/dev/releases' });
});

test('what lies in another workspace says so', () => {
  const words = nodeWords(node('deployment', { workspace: 'prd', name: 'blue', facts: { endpoint: 'e', traffic_percent: '100' } }), 'dev');
  expect(words).toEqual({ title: 'blue', below: 'deployment · 100 % of requests · prd', href: '/workspaces/prd/endpoints/e' });
});

test('bytes from outside have a name and no page', () => {
  expect(nodeWords(node('source', { name: 'https://host/x.csv' }), 'dev')).toEqual({ title: 'x.csv', below: 'https://host/x.csv' });
});
