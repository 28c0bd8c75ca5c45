import { expect, test } from 'vitest';
import { triggerWords } from './queries';

test('what starts a schedule is told in words', () => {
  const said = (trigger: object) => triggerWords({ trigger });
  expect(said({ type: 'cron', expression: '0 2 * * *', time_zone: 'Europe/Berlin' })).toBe('0 2 * * *, Europe/Berlin');
  expect(said({ type: 'recurrence', frequency: 'week', interval: 2, schedule: { hours: [4, 5], minutes: [0] } })).toBe('every 2 weeks at hours 4 5, minutes 0');
  expect(said({ type: 'recurrence', frequency: 'day', interval: 1 })).toBe('every day');
  expect(said({ type: 'data_version', data: 'azureml:flights' })).toBe('a new version of azureml:flights');
  expect(triggerWords({})).toBe('');
});
