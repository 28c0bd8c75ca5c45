/** The runs of a workspace: chosen columns, MLflow's filter, saved views, live, however many there are. */
import { Button, Group, MultiSelect, Select, Text, Tooltip } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconArrowUp, IconArrowsDiff, IconDownload, IconRestore, IconTrash } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient, type InfiniteData } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Problem } from '../../api/client';
import { useChanges, type Changes } from '../../api/live';
import { saveText } from '../../api/download';
import { deleteRun, restoreRun, searchRuns, type Experiment } from '../../api/mlflow';
import { writeTable } from '../../pure/csv';
import { count } from '../../pure/format';
import { to } from '../../pure/links';
import { CommandLine } from '../../parts/Copy';
import { Page } from '../../parts/Page';
import { Panel } from '../../parts/Panel';
import { Empty, Failure, Loading } from '../../parts/States';
import { useWorkspace } from '../../parts/useWorkspace';
import { ColumnPicker } from './ColumnPicker';
import { keysOf, rowOf, tableOf, usualColumns, type Row } from './columns';
import { FilterInput } from './FilterInput';
import { asked, experimentsQuery, FIRST_PAGE, runsQuery, type RunListSearch } from './queries';
import { RunGrid } from './RunGrid';
import { Views } from './Views';

type Pages = InfiniteData<{ rows: Row[]; next?: string }, string | undefined>;

/** Changes are taken in at most this often. */
const TAKE_MS = 1000;
/** More runs than this are not looked at one by one. */
const MOST_AT_ONCE = 200;
/** A file has no more runs than this, asked for so many at a time. */
const MOST_SAVED = 50_000;
const SAVED_AT_ONCE = 5000;
/** More curves than this cannot be told apart. */
const MOST_COMPARED = 50;

export function RunListPage() {
  const ws = useWorkspace();
  const experiments = useQuery(experimentsQuery(ws));
  if (experiments.data === undefined) {
    return (
      <Page title="Runs">
        {experiments.error !== null ? <Failure error={experiments.error} again={() => void experiments.refetch()} /> : <Loading lines={10} />}
      </Page>
    );
  }
  return <RunList ws={ws} experiments={experiments.data} />;
}

function RunList({ ws, experiments }: { ws: string; experiments: readonly Experiment[] }) {
  const search = useSearch({ strict: false }) as RunListSearch;
  const navigate = useNavigate();
  const client = useQueryClient();
  const [chosen, choose] = useState<ReadonlySet<string>>(new Set());
  const [fresh, setFresh] = useState(0);
  const top = useRef(true);
  const change = (part: Partial<RunListSearch>) => {
    const next = Object.fromEntries(Object.entries({ ...search, ...part }).filter(([, value]) => value !== undefined && value !== '' && value !== false));
    void navigate({ to: '.', search: next as never, replace: true });
  };
  const wanted = useMemo(() => asked({ experiments: search.experiments, filter: search.filter, sort: search.sort, deleted: search.deleted }, experiments), [search.experiments, search.filter, search.sort, search.deleted, experiments]);
  const ids = wanted.experiments;
  const options = runsQuery(ws, wanted);
  const key = options.queryKey;
  const query = useInfiniteQuery({ ...options, placeholderData: (before) => before });
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.rows) ?? [], [query.data]);
  const keys = useMemo(() => keysOf(rows), [rows]);
  const columns = search.columns ?? usualColumns(keys, new Set(rows.slice(0, 200).map((row) => row.experiment)).size);
  const known = useMemo(
    () => ({ ...keys, values: (name: string) => valuesOf(rows, name) }),
    [keys, rows],
  );
  const names = useMemo(() => new Map(experiments.map((each) => [each.experiment_id, each.name])), [experiments]);

  const refresh = useCallback(async () => {
    setFresh(0);
    const { runs, next } = await searchRuns(ws, { ...wanted, most: FIRST_PAGE });
    client.setQueryData(key, { pages: [{ rows: runs.map(rowOf), next }], pageParams: [undefined] });
  }, [client, ws, wanted, key]);
  useTaken(useCallback(async ({ runs, all }: Pick<Changes, 'runs' | 'all'>) => {
    void client.invalidateQueries({ queryKey: ['experiments', ws] });
    if (top.current) return refresh();
    const here = new Set(client.getQueryData<Pages>(key)?.pages.flatMap((page) => page.rows.map((row) => row.id)));
    const changed = runs.filter((id) => here.has(id)).slice(0, MOST_AT_ONCE);
    const more = runs.length - changed.length;
    if (more > 0 || all) setFresh((before) => before + Math.max(1, more));
    if (changed.length === 0) return undefined;
    const list = changed.map((id) => `'${id}'`).join(', ');
    const found = await searchRuns(ws, { experiments: ids, filter: `attributes.run_id IN (${list})`, stage: 'ALL', most: MOST_AT_ONCE });
    const now = new Map(found.runs.map((run) => [run.info.run_id, rowOf(run)]));
    client.setQueryData<Pages>(key, (before) => before && { ...before, pages: before.pages.map((page) => ({ ...page, rows: page.rows.map((row) => now.get(row.id) ?? row) })) });
    return undefined;
  }, [client, ws, ids, key, refresh]));

  const remove = useMutation({
    mutationFn: async (back: boolean) => {
      for (const id of chosen) await (back ? restoreRun(ws, id) : deleteRun(ws, id));
    },
    onSuccess: (_, back) => notifications.show({ message: `${count(chosen.size, 'run')} ${back ? 'restored' : 'deleted'}; ${back ? 'they are in the list again' : 'choose Deleted to see them'}` }),
    onError: (error) => notifications.show({ color: 'red', title: 'That did not work', message: error.message }),
    onSettled: () => {
      choose(new Set());
      void refresh();
    },
  });
  const saving = useMutation({
    mutationFn: async () => {
      const all: Row[] = [];
      let page: string | undefined;
      do {
        const found = await searchRuns(ws, { ...wanted, page, most: SAVED_AT_ONCE });
        all.push(...found.runs.map(rowOf));
        page = found.next;
      } while (page !== undefined && all.length < MOST_SAVED);
      saveText(`runs-${ws}.csv`, writeTable(tableOf(all, columns, names)));
      if (page !== undefined) notifications.show({ message: `The file has the first ${count(all.length, 'run')}` });
    },
    onError: (error) => notifications.show({ color: 'red', title: 'That did not work', message: error.message }),
  });
  const refused = query.error instanceof Problem && query.error.status === 400 ? query.error.message : undefined;
  const filtered = search.filter !== undefined || search.deleted === true || search.experiments !== undefined;
  const { fetchNextPage, isFetchingNextPage } = query;
  const onMore = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage({ cancelRefetch: false });
  }, [fetchNextPage, isFetchingNextPage]);
  return (
    <Page
      title="Runs"
      actions={
        <Group gap="xs">
          {chosen.size > 0 && (
            <>
              <Button size="sm" variant="default" leftSection={search.deleted === true ? <IconRestore size={16} /> : <IconTrash size={16} />} loading={remove.isPending} onClick={() => remove.mutate(search.deleted === true)}>
                {search.deleted === true ? 'Restore' : 'Delete'}
              </Button>
              <Button
                size="sm" leftSection={<IconArrowsDiff size={16} />} disabled={chosen.size < 2 || chosen.size > MOST_COMPARED}
                onClick={() => void navigate({ to: to.compare(ws) as '/', search: { runs: [...chosen] } as never })}
              >
                Compare {chosen.size}
              </Button>
            </>
          )}
        </Group>
      }
    >
      <div className="tools">
        <FilterInput value={search.filter ?? ''} known={known} refused={refused} onApply={(filter) => change({ filter })} />
        <MultiSelect
          aria-label="Experiments" placeholder={search.experiments !== undefined ? undefined : 'All experiments'} size="sm" className="experiments" searchable clearable hidePickedOptions
          data={experiments.map((each) => ({ value: each.experiment_id, label: each.name }))} value={search.experiments ?? []}
          onChange={(next) => change({ experiments: next.length > 0 ? next : undefined })}
        />
        <Select
          aria-label="Which runs" size="sm" w={112} allowDeselect={false} data={[{ value: 'active', label: 'Active' }, { value: 'deleted', label: 'Deleted' }]}
          value={search.deleted === true ? 'deleted' : 'active'} onChange={(next) => change({ deleted: next === 'deleted' })}
        />
        <Group gap="xs" wrap="nowrap">
          <ColumnPicker keys={keys} shown={columns} onChange={(next) => change({ columns: next })} />
          <Views ws={ws} now={search} onChoose={(view) => void navigate({ to: '.', search: view as never, replace: true })} />
        </Group>
      </div>
      <Panel flush>
        {query.error !== null && refused === undefined ? (
          <Failure error={query.error} again={() => void query.refetch()} />
        ) : query.data === undefined && refused === undefined ? (
          <Loading lines={10} />
        ) : rows.length === 0 ? (
          refused !== undefined ? <Empty title="The filter is not understood">{refused}</Empty> : filtered ? <Empty title={search.filter === undefined && search.deleted === true ? 'No deleted runs' : 'No run like that'} /> : <Start ws={ws} />
        ) : (
          <>
            <RunGrid
              ws={ws} rows={rows} columns={columns} experiments={names} sort={search.sort} onSort={(sort) => change({ sort })} chosen={chosen} onChoose={choose}
              more={query.hasNextPage} onMore={onMore} onTop={(at) => { top.current = at; }}
            />
            <div className="grid-foot">
              <Text size="xs" c="dimmed" role="status">
                {query.hasNextPage ? `The first ${count(rows.length, 'run')}; scroll for more` : count(rows.length, 'run')}
              </Text>
              <Group gap="xs">
                {fresh > 0 && (
                  <Button size="compact-xs" variant="light" leftSection={<IconArrowUp size={13} />} onClick={() => void refresh()}>
                    New runs
                  </Button>
                )}
                <Tooltip label="All runs that the filter finds, with these columns">
                  <Button size="compact-xs" variant="subtle" color="gray" leftSection={<IconDownload size={13} />} loading={saving.isPending} onClick={() => saving.mutate()}>
                    CSV
                  </Button>
                </Tooltip>
              </Group>
            </div>
          </>
        )}
      </Panel>
    </Page>
  );
}

/** Gathers changes for a moment before they are taken in. */
function useTaken(take: (changes: Pick<Changes, 'runs' | 'all'>) => Promise<void> | undefined) {
  const latest = useRef(take);
  useEffect(() => {
    latest.current = take;
  }, [take]);
  const waiting = useRef<{ runs: Set<string>; all: boolean; timer?: ReturnType<typeof setTimeout> }>({ runs: new Set(), all: false });
  useEffect(() => () => clearTimeout(waiting.current.timer), []);
  useChanges(useCallback((changes: Changes) => {
    const held = waiting.current;
    for (const id of [...changes.runs, ...changes.jobs]) held.runs.add(id);
    held.all ||= changes.all;
    held.timer ??= setTimeout(() => {
      const now = { runs: [...held.runs], all: held.all };
      waiting.current = { runs: new Set(), all: false };
      // What fails here is shown by the list itself the next time.
      latest.current(now)?.catch(() => undefined);
    }, TAKE_MS);
  }, []));
}

function valuesOf(rows: readonly Row[], name: string): string[] {
  const [kind, key] = [name.slice(0, name.indexOf('.')), name.slice(name.indexOf('.') + 1)];
  if (kind === 'attributes') return [...new Set(rows.slice(0, 500).map((row) => (key === 'user_id' ? row.user : row.name)))].slice(0, 50);
  if (kind !== 'params' && kind !== 'tags') return [];
  return [...new Set(rows.slice(0, 1000).map((row) => row[kind][key]).filter((value) => value !== undefined))].sort().slice(0, 50);
}

function Start({ ws }: { ws: string }) {
  return (
    <Empty title="No runs yet">
      Jobs log here by themselves. Any other MLflow client does with this:
      <div style={{ marginTop: 12, textAlign: 'left' }}>
        <CommandLine line={`export MLFLOW_TRACKING_URI=${window.location.origin}${ws === 'default' ? '' : `/workspaces/${ws}`}`} />
      </div>
    </Empty>
  );
}
