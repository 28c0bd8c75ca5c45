import { expect, test } from 'vitest';
import { lineageGraph } from './lineageGraph';

const edge = (port: string, uri: string, asset: string | null = null) => ({ port, uri, asset, digest: null });
const job = (name: string, inputs: ReturnType<typeof edge>[], outputs: ReturnType<typeof edge>[], parent: string | null = null) => ({
  job: name, node: null, parent, status: 'Completed', commit: null, environment: null, inputs, outputs,
});

test('data, steps and model are one chain, and the pipeline around the steps is left out', () => {
  const graph = lineageGraph([
    job('p', [edge('raw', 'u:raw', 'data/flights/3')], [edge('model', 'u:model', 'models/delay/1')]),
    job('train', [edge('data', 'u:clean')], [edge('model', 'u:model', 'models/delay/1')], 'p'),
    job('prep', [edge('raw', 'u:raw', 'data/flights/3')], [edge('clean', 'u:clean'), edge('report', 'u:report')], 'p'),
  ]);
  expect(graph.nodes.map((node) => node.id).sort()).toEqual(['asset:data/flights/3', 'asset:models/delay/1', 'job:prep', 'job:train']);
  expect(graph.links.map(({ from, to }) => `${from} ${to}`).sort()).toEqual([
    'asset:data/flights/3 job:prep', 'job:prep job:train', 'job:train asset:models/delay/1',
  ]);
});

test('bytes from outside are a node', () => {
  expect(lineageGraph([job('a', [edge('in', 'https://host/x.csv')], [])]).nodes.map((node) => node.kind)).toEqual(['job', 'source']);
});
