import { expect, test } from 'vitest';
import { assetLink, mlflowLink, to } from './links';

test.each([
  ['#/experiments/1/runs/abc', '/workspaces/default/runs/abc'],
  ['#/experiments/1/runs/abc?workspace=risk', '/workspaces/risk/runs/abc'],
  ['#/workspaces/risk/experiments/1/runs/abc/artifacts', '/workspaces/risk/runs/abc'],
  ['#/experiments/1', '/workspaces/default/runs?experiments=%5B%221%22%5D'],
  ['#/models/delay/versions/2', '/workspaces/default/models/delay/versions/2'],
  ['#/models/a%20b', '/workspaces/default/models/a%20b'],
  ['#/models', '/workspaces/default/models'],
  ['#logs', undefined],
  ['#/%', undefined],
  ['', undefined],
])('%s of MLflow is %s', (hash, page) => expect(mlflowLink(hash, 'default')).toBe(page));

test.each([
  ['data/flights/3', '/workspaces/w/data/flights/versions/3'],
  ['models/delay', '/workspaces/w/models/delay'],
  ['runs:/abc/', undefined],
  ['data/a/b/c', undefined],
  [null, undefined],
])('asset %s is at %s', (asset, page) => expect(assetLink('w', asset)).toBe(page));

test('names are escaped', () => expect(to.job('w', 'a/b?c')).toBe('/workspaces/w/jobs/a%2Fb%3Fc'));
