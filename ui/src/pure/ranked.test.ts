import { expect, test } from 'vitest';
import { ranked } from './ranked';

const all = ['Home', 'Jobs', 'Nightly job', 'Objects', 'Train the delay model'];

test.each([
  ['', all],
  ['job', ['Jobs', 'Nightly job']],
  ['obj', ['Objects']],
  ['delay', ['Train the delay model']],
  ['ttdm', ['Train the delay model']],
  ['xyz', []],
] as const)('%j finds %j', (wanted, found) => expect(ranked(all, wanted, (each) => each)).toEqual(found));
