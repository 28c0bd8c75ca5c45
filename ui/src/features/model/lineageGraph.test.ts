import { expect, test } from 'vitest';
import { lineageGraph } from './lineageGraph';

const MODEL = 'models/delay/1';

const edge = (port: string, uri: string, asset: string | null = null) => ({ port, uri, asset, digest: null });
type Edges = ReturnType<typeof edge>[];
const job = (name: string, inputs: Edges, outputs: Edges, parent: string | null = null) => ({
  job: name, node: null, parent, status: 'Completed', commit: null, environment: null, inputs, outputs,
});

test('data, steps and model are one chain, and the pipeline around the steps is left out', () => {
  const graph = lineageGraph(
    [
      job('p', [edge('raw', 'u:raw', 'data/flights/3')], [edge('model', 'u:model', MODEL)]),
      job('train', [edge('data', 'u:clean')], [edge('model', 'u:model', MODEL)], 'p'),
      job('prep', [edge('raw', 'u:raw', 'data/flights/3')], [edge('clean', 'u:clean'), edge('report', 'u:report')], 'p'),
    ],
    MODEL,
    undefined,
  );
  expect(graph.nodes.map((node) => node.id).sort()).toEqual(['asset:data/flights/3', 'asset:models/delay/1', 'job:prep', 'job:train']);
  expect(graph.links.map(({ from, to }) => `${from} ${to}`).sort()).toEqual([
    'asset:data/flights/3 job:prep', 'job:prep job:train', 'job:train asset:models/delay/1',
  ]);
});

test('bytes from outside are a node', () => {
  const graph = lineageGraph([job('a', [edge('in', 'https://host/x.csv')], [edge('m', 'u', MODEL)])], MODEL, undefined);
  expect(graph.nodes.map((node) => node.kind).sort()).toEqual(['asset', 'job', 'source']);
});

test('a model that a client registered hangs on its run', () => {
  expect(lineageGraph([job('a', [], [])], MODEL, 'a').links).toEqual([{ from: 'job:a', to: `asset:${MODEL}`, label: '' }]);
});

test('of jobs that took the same bytes over, the one of the same pipeline made them', () => {
  const made = [edge('clean', 'u:clean')];
  const jobs = [job('train', [edge('data', 'u:clean')], [edge('m', 'u', MODEL)], 'p'), job('again', [], made, 'q'), job('prep', [], made, 'p')];
  expect(lineageGraph(jobs, MODEL, undefined).nodes.map((node) => node.id)).not.toContain('job:again');
});

test('without any job there is the model alone', () => expect(lineageGraph([], MODEL, 'gone').nodes).toHaveLength(1));
