/** Schedules from the API. */
import { queryOptions } from '@tanstack/react-query';
import { api, ok, type Schemas } from '../../api/client';

export type Schedule = Schemas['Schedule'];
export type ScheduleRun = Schemas['ScheduleRun'];

const CALM_MS = 5_000;

export const schedulesQuery = (ws: string) =>
  queryOptions({
    queryKey: ['schedules', ws],
    queryFn: async () => (await ok(api.GET('/api/v1/workspaces/{ws}/schedules', { params: { path: { ws }, query: { limit: 1000 } } }))).items,
    refetchInterval: CALM_MS,
  });

export const scheduleQuery = (ws: string, name: string) =>
  queryOptions({
    queryKey: ['schedules', ws, name],
    queryFn: () => ok(api.GET('/api/v1/workspaces/{ws}/schedules/{name}', { params: { path: { ws, name } } })),
    refetchInterval: CALM_MS,
  });

export const scheduleRunsQuery = (ws: string, name: string) =>
  queryOptions({
    queryKey: ['schedules', ws, name, 'runs'],
    queryFn: async () => (await ok(api.GET('/api/v1/workspaces/{ws}/schedules/{name}/runs', { params: { path: { ws, name }, query: { limit: 200 } } }))).items,
    refetchInterval: CALM_MS,
  });

export type ScheduleAct = 'enable' | 'disable' | 'trigger';

export const actOnSchedule = (ws: string, name: string, action: ScheduleAct) =>
  ok(api.POST('/api/v1/workspaces/{ws}/schedules/{name}', { params: { path: { ws, name: `${name}:${action}` } } }));

interface Trigger {
  type?: string;
  expression?: string;
  frequency?: string;
  interval?: number;
  time_zone?: string;
  data?: string;
  schedule?: { hours?: unknown; minutes?: unknown; week_days?: unknown; month_days?: unknown };
}

/** What starts it, in words. */
export function triggerWords(spec: unknown): string {
  const trigger = ((spec as { trigger?: Trigger }).trigger ?? {}) as Trigger;
  const zone = trigger.time_zone === undefined ? '' : `, ${trigger.time_zone}`;
  switch (trigger.type) {
    case 'cron':
      return `${trigger.expression ?? ''}${zone}`;
    case 'recurrence': {
      const { interval = 1, frequency = '' } = trigger;
      const at = trigger.schedule === undefined ? '' : ` at hours ${words(trigger.schedule.hours)}, minutes ${words(trigger.schedule.minutes)}`;
      return `${interval === 1 ? `every ${frequency}` : `every ${interval} ${frequency}s`}${at}${zone}`;
    }
    case 'data_version':
      return `a new version of ${trigger.data ?? 'data'}`;
    case 'drift_alarm':
      return `drift of ${trigger.data ?? 'data'}`;
    default:
      return trigger.type ?? '';
  }
}

const words = (value: unknown) => (Array.isArray(value) ? value.join(' ') : String(value));
