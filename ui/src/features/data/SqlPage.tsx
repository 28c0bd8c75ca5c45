/** SQL over data: a query, its answer as table and chart, and the whole of it as CSV. */
import { Alert, Button, Group, Kbd, SegmentedControl, Text, Textarea } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconDownload, IconPlayerPlay, IconPlayerStop } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { Problem } from '../../api/client';
import { count, duration } from '../../pure/format';
import { to } from '../../pure/links';
import { Page } from '../../parts/Page';
import { Panel } from '../../parts/Panel';
import { Empty } from '../../parts/States';
import { useWorkspace } from '../../parts/useWorkspace';
import { assetsQuery } from '../asset/queries';
import { ask, saveCsv, type Answer, type Row } from './queries';
import { cell, drawable } from './shape';

const Drawing = lazy(() => import('./Drawing'));

/** Rows that are drawn as a table. */
const SHOWN = 500;

interface Found {
  sql: string;
  answer: Answer;
  tookMs: number;
}

export function SqlPage() {
  const ws = useWorkspace();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as { sql?: string };
  const assets = useQuery(assetsQuery(ws, 'data'));
  const [sql, setSql] = useState(search.sql ?? '');
  const [found, setFound] = useState<Found>();
  const [error, setError] = useState<Error>();
  const [view, setView] = useState('table');
  const running = useRef<AbortController>(undefined);
  const [busy, setBusy] = useState(false);

  const run = async (text: string) => {
    running.current?.abort();
    const asked = new AbortController();
    running.current = asked;
    setBusy(true);
    setError(undefined);
    const began = performance.now();
    try {
      const answer = await ask(ws, text, asked.signal);
      setFound({ sql: text, answer, tookMs: performance.now() - began });
      void navigate({ to: to.sql(ws) as '/', search: { sql: text } as never, replace: true });
    } catch (failed) {
      if (!asked.signal.aborted) setError(failed as Error);
    } finally {
      if (running.current === asked) setBusy(false);
    }
  };
  useEffect(() => {
    if (search.sql !== undefined && search.sql !== '') void run(search.sql);
    return () => running.current?.abort();
    // A link with a query runs it once.
  }, []);

  const drawn = found && drawable(found.answer.columns, found.answer.rows.length);
  const names = assets.data?.map((asset) => asset.name) ?? [];
  return (
    <Page title="SQL" below="A table is a version of data: flights is the latest, &quot;flights:7&quot; and &quot;flights@baseline&quot; are named exactly, &quot;flights:7/weather&quot; is a table in it.">
      <Panel>
        <Textarea
          aria-label="Query" placeholder={`select * from ${names[0] === undefined ? 'flights' : quoted(names[0])} limit 100`} value={sql} onChange={(event) => setSql(event.currentTarget.value)}
          autosize minRows={4} maxRows={18} spellCheck={false} styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 13 } }}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
              event.preventDefault();
              void run(sql);
            }
          }}
        />
        <Group justify="space-between" mt="sm" gap="sm">
          <Group gap={6}>
            {names.slice(0, 8).map((name) => (
              <Button key={name} size="compact-xs" variant="default" fw={400} onClick={() => setSql(`select *\nfrom ${quoted(name)}\nlimit 100`)}>
                {name}
              </Button>
            ))}
          </Group>
          {busy ? (
            <Button variant="default" leftSection={<IconPlayerStop size={16} />} onClick={() => { running.current?.abort(); setBusy(false); }}>
              Stop
            </Button>
          ) : (
            <Button leftSection={<IconPlayerPlay size={16} />} rightSection={<Kbd size="xs">Ctrl ↵</Kbd>} disabled={sql.trim() === ''} onClick={() => void run(sql)}>
              Run
            </Button>
          )}
        </Group>
      </Panel>
      {error !== undefined && (
        <Alert color="red" title={error.message.replace(/^failed to run the query: /, '')} role="alert">
          {error instanceof Problem && error.hint !== undefined && <Text size="sm">{error.hint}</Text>}
        </Alert>
      )}
      {found !== undefined && error === undefined && (
        <Panel
          title={`${count(found.answer.row_count, 'row')}${found.answer.truncated ? ', more were left out' : ''} in ${duration(found.tookMs)}`}
          flush
          aside={
            <Group gap={8}>
              {drawn !== undefined && <SegmentedControl size="xs" value={view} onChange={setView} data={[{ value: 'table', label: 'Table' }, { value: 'chart', label: 'Chart' }]} />}
              <Button size="xs" variant="default" leftSection={<IconDownload size={15} />} onClick={() => void saveCsv(ws, found.sql).catch((failed: Error) => notifications.show({ color: 'red', title: 'That did not work', message: failed.message }))}>
                CSV
              </Button>
            </Group>
          }
        >
          {view === 'chart' && drawn !== undefined ? (
            <div className="inside">
              <Suspense fallback={<div style={{ height: 340 }} />}>
                <Drawing drawn={drawn} rows={found.answer.rows as Row[]} />
              </Suspense>
            </div>
          ) : (
            <Rows answer={found.answer} />
          )}
        </Panel>
      )}
    </Page>
  );
}

const quoted = (name: string) => (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : `"${name}"`);

function Rows({ answer }: { answer: Answer }) {
  const rows = answer.rows as Row[];
  if (rows.length === 0) return <Empty title="No rows" />;
  const isNumber = new Map(answer.columns.map((column) => [column.name, /^(U?Int|Float|Decimal)/.test(column.type)]));
  return (
    <div style={{ overflow: 'auto', maxHeight: 620 }}>
      <table className="table" aria-label="Answer">
        <thead style={{ position: 'sticky', top: 0, background: 'var(--panel)', zIndex: 1 }}>
          <tr>
            {answer.columns.map((column) => (
              <th key={column.name} scope="col" className={isNumber.get(column.name) === true ? 'number' : ''} title={column.type}>
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, SHOWN).map((row, at) => (
            <tr key={at}>
              {answer.columns.map((column) => {
                const value = row[column.name];
                return (
                  <td key={column.name} className={isNumber.get(column.name) === true ? 'number' : ''} style={{ whiteSpace: column.name === 'plan' ? 'pre' : undefined, maxWidth: 460, overflowWrap: 'anywhere' }}>
                    {value === null ? <span className="quiet">–</span> : cell(value)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > SHOWN && (
        <Text size="sm" c="dimmed" p="sm">
          The first {SHOWN} of {rows.length} rows; CSV has all.
        </Text>
      )}
    </div>
  );
}
