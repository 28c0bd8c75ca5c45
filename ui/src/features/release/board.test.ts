import { expect, test } from 'vitest';
import { evidence, findings, lanes, share, strays } from './board';
import type { Release, ReleaseStage } from './queries';

const release = (number: number, states: string[]): Release =>
  ({ name: 'flights', number, stages: ['DEV', 'TEST', 'PRD'].map((stage, at) => ({ stage, state: states[at] })) }) as unknown as Release;

test('a release has a card in the stage that it has reached last, and where it answers', () => {
  const [dev, tst, prd] = lanes([release(3, ['Live', 'NotStarted', 'NotStarted']), release(2, ['Superseded', 'Live', 'Waiting']), release(1, ['Superseded', 'Superseded', 'Live'])]);
  expect(dev?.cards.map(({ release: { number }, next }) => [number, next])).toEqual([[3, 'TEST']]);
  expect(tst?.cards.map(({ release: { number }, ahead }) => [number, ahead?.stage, ahead?.state])).toEqual([[2, 'PRD', 'Waiting']]);
  expect(tst?.live.map(({ number }) => number)).toEqual([2]);
  expect(prd?.cards.map(({ release: { number }, stage: { state } }) => [number, state])).toEqual([[2, 'Waiting'], [1, 'Live']]);
});

test('what a newer release has replaced is not on the board', () => {
  expect(lanes([release(1, ['Superseded', 'NotStarted', 'NotStarted'])])[0]?.cards).toEqual([]);
  expect(lanes([])).toEqual([]);
});

test('the board says what really answers, also after somebody has broken the glass', () => {
  const stage = (state: string, now: number | null) => ({ stage: 'PRD', state, traffic_percent: now }) as unknown as ReleaseStage;
  expect([stage('Live', 100), stage('Live', 20), stage('Live', null), stage('Superseded', 0), stage('Superseded', 80), stage('Waiting', null)].map(strays)).toEqual([false, true, true, false, true, false]);
  expect([stage('Live', 20), stage('Live', null)].map(share)).toEqual(['It gets 20% of the requests now.', 'Its deployment is not there any more.']);
  const old = { name: 'flights', number: 1, stages: [stage('Superseded', 80)] } as unknown as Release;
  expect(lanes([old])[0]?.cards.length).toBe(1);
});

test('a deployment that a newer release has taken over is no stray of the older one', () => {
  const dev = (number: number, state: string) => ({ name: 'flights', number, stages: [{ stage: 'DEV', workspace: 'dev', state, deployment: 'blue', traffic_percent: 100 }] }) as unknown as Release;
  expect(lanes([dev(2, 'Live'), dev(1, 'Superseded')])[0]?.cards.map(({ release: { number } }) => number)).toEqual([2]);
  expect(lanes([dev(1, 'Superseded')])[0]?.cards.length).toBe(1);
});

test('evidence is told, whatever it is', () => {
  const found = findings([
    { gate: 'approvals', verdict: 'waiting', says: '0 of 1 approvals' },
    { test: 'two flights', passed: false, says: 'it answered with status 500', took_ms: 3 },
    { step: 'step', found: { share: 10, requests: 40, failed: 0 } },
    { step: 'failed', found: { why: 'it did not come up' } },
    { something: 'else' },
    { gate: 'validation', verdict: 'passed', says: 'it passed', evidence: '/api/v1/workspaces/dev/models/delay%20x/validations/01K/report' },
  ]);
  expect(found[5]?.model).toEqual({ workspace: 'dev', name: 'delay x' });
  expect(found[0]?.model).toBeUndefined();
  expect(found.map(({ good }) => good)).toEqual([undefined, false, true, false, undefined, true]);
  expect(found[1]?.says).toContain('500');
  expect(findings('nothing')).toEqual([]);
});

test('what was measured is told once, with units', () => {
  const measured = { measured: { stage: 'TEST', memory_bytes: 541_290_496, cores: 0.2133855, rate: 10, error_percent: 0, p99_ms: 51.412813 } };
  expect(findings([measured, { ...measured }])).toEqual([
    { title: 'Measured in TEST at 10 requests a second:', good: true, says: '541 MB, 0.21 cores, 99 of 100 answered within 51.4 ms, 0% failed' },
  ]);
  expect(findings([{ test: 'load', passed: true }])[0]?.says).toBe('passed');
});

test('gates that were passed are told from the history', () => {
  const passed = [{ gate: 'tests', verdict: 'passed', says: '1 of 1' }];
  const events = [{ stage: 'PRD', kind: 'passed', detail: passed }, { stage: 'TEST', kind: 'passed', detail: [] }];
  const of = (now: unknown) => evidence({ events } as unknown as Release, { stage: 'PRD', evidence: now } as unknown as ReleaseStage);
  expect(of([{ test: 'a', passed: true }])).toEqual([...passed, { test: 'a', passed: true }]);
  expect(of([{ gate: 'approvals' }])).toEqual([{ gate: 'approvals' }]);
});
