/** The command palette (Ctrl-K): goes anywhere and finds anything by its name, without a mouse. */
import { Combobox, Kbd, Modal, Text, TextInput, useCombobox } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import { api, ok } from '../api/client';
import { searchRuns } from '../api/mlflow';
import { to, type AssetKind } from '../pure/links';
import { ranked } from '../pure/ranked';
import { assetsQuery } from '../features/asset/queries';
import { WORDS } from '../features/asset/words';
import { experimentsQuery } from '../features/run/queries';

interface Target {
  id: string;
  label: string;
  kind: string;
  to: string;
  search?: Record<string, unknown>;
}

const MOST = 12;
const KINDS: AssetKind[] = ['models', 'data', 'environments', 'components'];

interface Props {
  ws: string;
  opened: boolean;
  onClose: () => void;
  /** What can be done that is no page. */
  commands: readonly { label: string; run: () => void }[];
}

export function Palette({ ws, opened, onClose, commands }: Props) {
  return (
    <Modal.Root opened={opened} onClose={onClose} padding={0} size="lg" yOffset="12vh" transitionProps={{ duration: 80 }}>
      <Modal.Overlay />
      <Modal.Content aria-label="Find" radius="lg">
        <Modal.Body>{opened && <Choices ws={ws} onClose={onClose} commands={commands} />}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

function Choices({ ws, onClose, commands }: Omit<Props, 'opened'>) {
  const [wanted, want] = useState('');
  const navigate = useNavigate();
  const combobox = useCombobox({ opened: true });
  const things = useThings(ws, wanted);
  const found = useMemo(() => {
    const all: Target[] = [...pages(ws), ...commands.map(({ label }) => ({ id: `do ${label}`, label, kind: 'command', to: '' })), ...things];
    return ranked(all, wanted, ({ label, kind }) => `${label} ${kind}`).slice(0, MOST);
  }, [ws, wanted, things, commands]);
  // The first is one Enter away.
  useEffect(() => {
    if (found.length > 0) combobox.selectFirstOption();
    // The store of the list is another with each drawing.
  }, [found]);
  const go = (id: string) => {
    onClose();
    const target = found.find((each) => each.id === id);
    if (target === undefined) return;
    if (target.kind === 'command') commands.find(({ label }) => label === target.label)?.run();
    else void navigate({ to: target.to as '/', search: target.search as never });
  };
  return (
    <Combobox store={combobox} onOptionSubmit={go} withinPortal={false}>
      <Combobox.EventsTarget>
        <TextInput
          size="md" variant="unstyled" className="palette-input" data-autofocus autoFocus aria-label="Go to" placeholder="Go to a page, job, run, model, data …" leftSection={<IconSearch size={17} />}
          value={wanted} onChange={(event) => want(event.currentTarget.value)}
          // The list, which is always open, keeps this key from the dialog.
          onKeyDown={(event) => event.key === 'Escape' && onClose()}
        />
      </Combobox.EventsTarget>
      <Combobox.Options className="palette" aria-label="Where to">
        {found.map((target) => (
          <Combobox.Option value={target.id} key={target.id}>
            <span>{target.label}</span>
            <Text component="span" size="xs" c="dimmed">
              {target.kind}
            </Text>
          </Combobox.Option>
        ))}
        {found.length === 0 && <Combobox.Empty>Nothing is called that</Combobox.Empty>}
      </Combobox.Options>
      <div className="palette-foot">
        <Kbd size="xs">↑</Kbd> <Kbd size="xs">↓</Kbd> choose · <Kbd size="xs">Enter</Kbd> go · <Kbd size="xs">Esc</Kbd> leave · <Kbd size="xs">g</Kbd> then a letter goes to a page
      </div>
    </Combobox>
  );
}

export const pages = (ws: string): Target[] => [
  { id: 'home', label: 'Home', kind: 'page', to: to.home(ws) },
  { id: 'jobs', label: 'Jobs', kind: 'page', to: to.jobs(ws) },
  { id: 'runs', label: 'Runs', kind: 'page', to: to.runs(ws) },
  ...KINDS.map((kind) => ({ id: kind, label: WORDS[kind].title, kind: 'page', to: to.assets(ws, kind) })),
  { id: 'datastores', label: 'Datastores', kind: 'page', to: to.datastores(ws) },
  { id: 'sql', label: 'SQL', kind: 'page', to: to.sql(ws) },
  { id: 'endpoints', label: 'Endpoints', kind: 'page', to: to.endpoints(ws) },
  { id: 'releases', label: 'Releases', kind: 'page', to: to.releases(ws) },
  { id: 'schedules', label: 'Schedules', kind: 'page', to: to.schedules(ws) },
  { id: 'pipelines', label: 'Published pipelines', kind: 'page', to: to.pipelines(ws) },
  { id: 'computes', label: 'Compute', kind: 'page', to: to.computes(ws) },
  { id: 'audit', label: 'Audit', kind: 'page', to: to.audit(ws) },
  { id: 'roles', label: 'Roles', kind: 'page', to: to.roles(ws) },
  { id: 'infra', label: 'Infrastructure', kind: 'page', to: to.infra(ws) },
  { id: 'pending plans', label: 'Pending plans of infrastructure', kind: 'page', to: to.infra(ws), search: { show: 'pending' } },
  { id: 'failed', label: 'Failed jobs', kind: 'page', to: to.jobs(ws), search: { status: 'Failed' } },
  { id: 'running', label: 'Running jobs', kind: 'page', to: to.jobs(ws), search: { status: 'Running' } },
];

/** What the workspace has, by name: the newest jobs, all assets and computes, and runs whose name holds what is typed. */
function useThings(ws: string, wanted: string): Target[] {
  const calm = { staleTime: 20_000, refetchInterval: false as const };
  const jobs = useQuery({
    queryKey: ['palette jobs', ws],
    queryFn: async () => (await ok(api.GET('/api/v1/workspaces/{ws}/jobs', { params: { path: { ws }, query: { limit: 200 } } }))).items,
    ...calm,
  });
  const [models, data, environments, components] = [
    useQuery({ ...assetsQuery(ws, 'models'), ...calm }), useQuery({ ...assetsQuery(ws, 'data'), ...calm }),
    useQuery({ ...assetsQuery(ws, 'environments'), ...calm }), useQuery({ ...assetsQuery(ws, 'components'), ...calm }),
  ];
  const computes = useQuery({
    queryKey: ['palette computes', ws],
    queryFn: async () => (await ok(api.GET('/api/v1/workspaces/{ws}/computes', { params: { path: { ws }, query: { limit: 200 } } }))).items,
    ...calm,
  });
  const experiments = useQuery({ ...experimentsQuery(ws), ...calm });
  const ids = experiments.data?.map((each) => each.experiment_id) ?? [];
  const text = wanted.trim().replaceAll("'", '').replaceAll('%', '');
  const runs = useQuery({
    queryKey: ['palette runs', ws, text, ids.length],
    queryFn: async () => (await searchRuns(ws, { experiments: ids, filter: `attributes.run_name ILIKE '%${text}%'`, most: 8 })).runs,
    enabled: text.length > 1 && ids.length > 0,
    placeholderData: (before) => before,
    ...calm,
  });
  return useMemo(() => {
    const assets = [models.data, data.data, environments.data, components.data].flatMap((all, at) => {
      const kind = KINDS[at] ?? 'models';
      return (all ?? []).map((asset) => ({ id: `${kind} ${asset.name}`, label: asset.name, kind: WORDS[kind].noun, to: to.asset(ws, kind, asset.name) }));
    });
    const known = (jobs.data ?? []).map((job) => ({ id: `job ${job.name}`, label: job.display_name ?? job.name, kind: `job ${job.name}`, to: to.job(ws, job.name) }));
    const names = new Set((jobs.data ?? []).map((job) => job.name));
    return [
      ...assets,
      ...(computes.data ?? []).map((compute) => ({ id: `compute ${compute.name}`, label: compute.name, kind: 'compute', to: to.compute(ws, compute.name) })),
      ...(experiments.data ?? []).map((each) => ({ id: `experiment ${each.experiment_id}`, label: each.name, kind: 'experiment', to: to.runs(ws), search: { experiments: [each.experiment_id] } })),
      ...known,
      ...(runs.data ?? []).filter(({ info }) => !names.has(info.run_id)).map(({ info }) => ({ id: `run ${info.run_id}`, label: info.run_name || info.run_id, kind: 'run', to: to.run(ws, info.run_id) })),
    ];
  }, [ws, jobs.data, models.data, data.data, environments.data, components.data, computes.data, experiments.data, runs.data]);
}
