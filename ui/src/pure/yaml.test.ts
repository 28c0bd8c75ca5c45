import { expect, test } from 'vitest';
import { yaml } from './yaml';

test('reads as people write it', () => {
  const spec = {
    type: 'command',
    command: 'python train.py --data ${{inputs.data}}\necho done',
    inputs: { data: { type: 'uri_folder', path: 'azureml:flights:3' }, rate: '0.1', on: true },
    tags: {},
    list: ['a', { b: 1, c: [2] }],
  };
  expect(yaml(spec)).toBe(`type: command
command: |-
  python train.py --data \${{inputs.data}}
  echo done
inputs:
  data:
    type: uri_folder
    path: azureml:flights:3
  rate: "0.1"
  "on": true
tags: {}
list:
  - a
  - b: 1
    c:
      - 2`);
});

test.each([['yes', '"yes"'], ['a: b', '"a: b"'], ['', '""'], ['3', '"3"'], ['{x}', '"{x}"'], ['a b', 'a b'], ['.5', '".5"']])(
  '%s is written %s', (value, text) => expect(yaml(value)).toBe(text),
);
