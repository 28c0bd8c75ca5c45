/** The audit log: who did what, when, from where, what was before and after, and what was refused. */
import { Anchor, Badge, Button, Drawer, Group, Select, Text, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconDownload, IconShieldCheck } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { api, ok } from '../../api/client';
import { openFile } from '../../api/download';
import { yaml } from '../../pure/yaml';
import { DataTable, type Column } from '../../parts/DataTable';
import { Diff } from '../../parts/Diff';
import { Page } from '../../parts/Page';
import { Panel } from '../../parts/Panel';
import { Empty, Failure, Loading } from '../../parts/States';
import { Ago } from '../../parts/Time';
import { useWorkspace } from '../../parts/useWorkspace';
import { auditQuery, SINCE, type AuditRow, type AuditSearch } from './queries';

export function AuditPage() {
  const ws = useWorkspace();
  const search = useSearch({ strict: false }) as AuditSearch;
  const navigate = useNavigate();
  const change = (part: AuditSearch) => void navigate({ to: '.', search: ((before: AuditSearch) => ({ ...before, ...part })) as never, replace: true });
  const query = useInfiniteQuery(auditQuery(ws, search));
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items), [query.data]);
  const open = rows?.find((row) => row.seq === search.row);
  return (
    <Page title="Audit" below="Every change and every refusal, each row chained to the one before." actions={<Check />}>
      <Filters ws={ws} search={search} change={change} />
      <Panel flush>
        {rows === undefined ? (
          query.error !== null ? <Failure error={query.error} again={() => void query.refetch()} /> : <Loading lines={8} />
        ) : rows.length > 0 ? (
          <Rows rows={rows} open={(row) => change({ row })} />
        ) : (
          <Empty title="Nothing like that happened" />
        )}
      </Panel>
      {query.hasNextPage && (
        <Button variant="default" onClick={() => void query.fetchNextPage()} loading={query.isFetchingNextPage} style={{ alignSelf: 'center' }}>
          Show more
        </Button>
      )}
      <Drawer closeButtonProps={{ 'aria-label': 'Close' }} opened={open !== undefined} onClose={() => change({ row: undefined })} position="right" size="lg" title={open === undefined ? '' : `${open.action}, row ${open.seq}`}>
        {open !== undefined && <One row={open} />}
      </Drawer>
    </Page>
  );
}

function Filters({ ws, search, change }: { ws: string; search: AuditSearch; change: (part: AuditSearch) => void }) {
  const [principal, setPrincipal] = useState(search.principal ?? '');
  const [action, setAction] = useState(search.action ?? '');
  const later = useDebouncedCallback((part: AuditSearch) => change(part), 300);
  const said = (text: string) => (text.trim() === '' ? undefined : text.trim());
  return (
    <Group gap="sm">
      <TextInput
        aria-label="Principal" placeholder="Who, such as owner" size="sm" w={{ base: '100%', xs: 190 }} value={principal}
        onChange={({ currentTarget: { value } }) => { setPrincipal(value); later({ principal: said(value), action: said(action) }); }}
      />
      <TextInput
        aria-label="Action" placeholder="What, such as models/*" size="sm" w={{ base: '100%', xs: 190 }} value={action}
        onChange={({ currentTarget: { value } }) => { setAction(value); later({ action: said(value), principal: said(principal) }); }}
      />
      <Select
        aria-label="Place" size="sm" w={{ base: '100%', xs: 240 }} allowDeselect={false} value={search.scope ?? ''} onChange={(scope) => change({ scope: scope || undefined })}
        data={[{ value: '', label: `Workspace ${ws}` }, { value: '/', label: 'Whole server' }, ...(search.scope === undefined || search.scope === '/' ? [] : [search.scope])]}
      />
      <Select
        aria-label="Outcome" placeholder="Any outcome" size="sm" w={140} clearable data={[{ value: 'allowed', label: 'Allowed' }, { value: 'refused', label: 'Refused' }]}
        value={search.outcome ?? null} onChange={(outcome) => change({ outcome: outcome ?? undefined })}
      />
      <Select
        aria-label="Since" placeholder="Any time" size="sm" w={140} clearable data={Object.entries(SINCE).map(([value, [label]]) => ({ value, label }))}
        value={search.since ?? null} onChange={(since) => change({ since: since ?? undefined })}
      />
    </Group>
  );
}

const COLOURS: Record<string, string> = { allowed: 'teal', refused: 'red' };

function Outcome({ row }: { row: AuditRow }) {
  return (
    <Badge size="sm" variant="light" color={COLOURS[row.outcome]}>
      {row.outcome}
    </Badge>
  );
}

function Rows({ rows, open }: { rows: readonly AuditRow[]; open: (row: number) => void }) {
  const columns = useMemo(
    (): Column<AuditRow>[] => [
      { id: 'when', header: 'When', number: true, by: (row) => row.seq, cell: (row) => <Ago at={row.at} /> },
      { id: 'who', header: 'Who', by: (row) => row.principal, cell: (row) => row.principal },
      {
        id: 'what', header: 'What', by: (row) => row.action,
        cell: (row) => (
          <Anchor component="button" size="sm" onClick={() => open(row.seq)} aria-label={`${row.action}, row ${row.seq}`}>
            {row.action}
          </Anchor>
        ),
      },
      { id: 'where', header: 'Where', wide: true, by: (row) => row.scope, cell: (row) => <span className="mono" style={{ overflowWrap: 'anywhere' }}>{row.scope}</span> },
      { id: 'outcome', header: 'Outcome', by: (row) => row.outcome, cell: (row) => <Outcome row={row} /> },
      { id: 'from', header: 'From', wide: true, by: (row) => `${row.surface} ${row.address}`, cell: (row) => `${row.surface} ${row.address}` },
    ],
    [open],
  );
  return <DataTable label="Audit" columns={columns} rows={rows} id={(row) => String(row.seq)} />;
}

/** A value as YAML; nothing is an empty text. */
const shown = (value: unknown) => (value === null || value === undefined ? '' : yaml(value));

function One({ row }: { row: AuditRow }) {
  const { before, after, why, ...more } = row.detail as Record<string, unknown>;
  const [was, is] = [shown(before), shown(after)];
  return (
    <>
      <dl className="pairs">
        <dt>Outcome</dt><dd><Outcome row={row} /></dd>
        <dt>Who</dt><dd>{row.principal}</dd>
        <dt>Where</dt><dd className="mono" style={{ overflowWrap: 'anywhere' }}>{row.scope}</dd>
        <dt>When</dt><dd>{new Date(row.at).toLocaleString()}</dd>
        <dt>From</dt><dd>{row.address === '' ? 'the server itself' : `${row.address}, ${row.surface}`}</dd>
        {row.agent !== '' && <><dt>Program</dt><dd style={{ overflowWrap: 'anywhere' }}>{row.agent}</dd></>}
        <dt>Request</dt><dd className="mono">{row.request_id}</dd>
        {typeof why === 'string' && <><dt>Why</dt><dd>{why}</dd></>}
        <dt>Hash</dt><dd className="mono" style={{ overflowWrap: 'anywhere' }}>{row.hash}</dd>
      </dl>
      {was === is ? why === undefined && <Text size="sm" c="dimmed" mt="md">Nothing shows that it changed.</Text> : (
        <Panel title={was === '' ? 'Made' : is === '' ? 'Removed' : 'Changed'} flush>
          <Diff label="Before and after" before={was} after={is} />
        </Panel>
      )}
      {Object.keys(more).length > 0 && <pre className="mono">{yaml(more)}</pre>}
    </>
  );
}

/** Checks the chain of the whole log, and offers it as a file. */
function Check() {
  const check = useMutation({ mutationFn: () => ok(api.GET('/api/v1/audit:verify')) });
  return (
    <Group gap="xs" justify="flex-end">
      {check.data !== undefined && (
        <Text size="sm" c={check.data.sound ? undefined : 'red'} role="status">
          {check.data.sound ? `${check.data.rows} rows, all as they were written` : check.data.faults[0]}
        </Text>
      )}
      {check.error !== null && <Text size="sm" c="red">{check.error.message}</Text>}
      <Button size="xs" variant="default" leftSection={<IconShieldCheck size={15} />} loading={check.isPending} onClick={() => check.mutate()}>
        Verify
      </Button>
      <Button size="xs" variant="default" leftSection={<IconDownload size={15} />} component="a" href="/api/v1/audit:export" download="audit.jsonl" onClick={openFile}>
        Export
      </Button>
    </Group>
  );
}
