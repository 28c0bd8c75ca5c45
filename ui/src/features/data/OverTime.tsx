/** A data asset over its versions: a statistic as a line, and what validations found. */
import { Badge, Group, Select, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useMemo, useState } from 'react';
import { figure } from '../../pure/format';
import { to } from '../../pure/links';
import { A } from '../../parts/A';
import type { Mark } from '../../parts/Chart';
import { DataTable, type Column } from '../../parts/DataTable';
import { Panel } from '../../parts/Panel';
import { Empty, Loaded } from '../../parts/States';
import { Ago } from '../../parts/Time';
import { historyQuery, validationsQuery, type Expectation, type Statistic, type Validation } from './queries';
import { byVersion, driftOf, verdictColour, verdictWords } from './verdict';

const Chart = lazy(() => import('../../parts/Chart'));

interface Props {
  ws: string;
  name: string;
}

export function OverTime({ ws, name }: Props) {
  const statistics = useQuery(historyQuery<Statistic>(ws, name, 'statistics'));
  const validations = useQuery(historyQuery<Expectation>(ws, name, 'validations'));
  const verdicts = useQuery(validationsQuery(ws, name));
  return (
    <>
      <Loaded query={statistics}>{(rows) => (rows.length > 0 ? <Statistics ws={ws} name={name} rows={rows} verdicts={verdicts.data ?? NONE} /> : null)}</Loaded>
      <Loaded query={validations}>{(rows) => (rows.length > 0 ? <Validations ws={ws} name={name} rows={rows} verdicts={verdicts.data ?? NONE} /> : null)}</Loaded>
    </>
  );
}

const NONE: readonly Validation[] = [];

/** What stands at a version: colours that are told apart on light and dark alike, and shapes for those who see none. */
const MARKS = { alarm: ['#e03131', 'triangle', 'alarm'], drifted: ['#e8590c', 'diamond', 'drifted'], failed: ['#c2255c', 'circle', 'failed'] } as const;

function Statistics({ ws, name, rows, verdicts }: Props & { rows: Statistic[]; verdicts: readonly Validation[] }) {
  const navigate = useNavigate();
  const tables = useMemo(() => [...new Set(rows.map((row) => row.table))].sort(), [rows]);
  const [table, setTable] = useState(tables[0] ?? '');
  const here = useMemo(() => rows.filter((row) => row.table === table), [rows, table]);
  const columns = useMemo(() => [...new Set(here.map((row) => row.column))], [here]);
  const [chosen, setColumn] = useState('');
  const column = columns.includes(chosen) ? chosen : (columns[0] ?? '');
  const names = useMemo(() => [...new Set(here.filter((row) => row.column === column).map((row) => row.statistic))], [here, column]);
  const [wanted, setStatistic] = useState('rows');
  const statistic = names.includes(wanted) ? wanted : names.includes('mean') ? 'mean' : (names[0] ?? '');
  const points = useMemo(
    () => here.filter((row) => row.column === column && row.statistic === statistic).sort((a, b) => a.created_at.localeCompare(b.created_at)),
    [here, column, statistic],
  );
  const lines = useMemo(() => [{ name: statistic, points: points.map((row): [number, number | null] => [Date.parse(row.created_at), row.value]) }], [points, statistic]);
  const found = useMemo(() => byVersion(verdicts, table), [verdicts, table]);
  const marks = useMemo(
    () =>
      points.flatMap((row): Mark[] => {
        const verdict = found.get(row.version);
        const kind = driftOf(verdict, column) ?? (verdict?.passed === false ? 'failed' : undefined);
        if (verdict === undefined || kind === undefined || row.value == null) return [];
        const [colour, symbol, word] = MARKS[kind];
        const open = () => void navigate({ to: to.validation(ws, name, verdict.id) as '/' });
        return [{ at: [Date.parse(row.created_at), row.value], name: `version ${row.version}: ${word}`, colour, symbol, open }];
      }),
    [points, found, column, navigate, ws, name],
  );
  const last = points[points.length - 1];
  const before = points[points.length - 2];
  const moved = last?.value != null && before?.value != null && before.value !== 0 ? (last.value - before.value) / Math.abs(before.value) : undefined;
  return (
    <Panel
      title="Over time"
      aside={
        <Group gap={8}>
          {tables.length > 1 && <Select size="xs" w={150} aria-label="Table" allowDeselect={false} value={table} onChange={(value) => setTable(value ?? '')} data={tables.map((value) => ({ value, label: value || 'whole' }))} />}
          <Select size="xs" w={170} aria-label="Column" searchable allowDeselect={false} value={column} onChange={(value) => setColumn(value ?? '')} data={columns.map((value) => ({ value, label: value || 'whole table' }))} />
          <Select size="xs" w={170} aria-label="Statistic" searchable allowDeselect={false} value={statistic} onChange={(value) => setStatistic(value ?? '')} data={names} />
        </Group>
      }
    >
      {points.length > 1 ? (
        <Suspense fallback={<div style={{ height: 220 }} />}>
          <Chart label={`${statistic} of ${column || 'the table'} by version`} lines={lines} marks={marks} across="time" height={220} />
        </Suspense>
      ) : (
        <Empty title={last?.value != null ? `${statistic} ${figure(last.value)}` : 'No value'}>A line is drawn from the second profiled version on.</Empty>
      )}
      <Group gap="md" mt={6}>
        <ol className="versions" aria-label="Versions over time">
          {points.slice(-12).map((row) => {
            const verdict = found.get(row.version);
            const drift = driftOf(verdict, column);
            return (
              <li key={row.version}>
                <Text size="xs" c="dimmed">
                  <A to={to.version(ws, 'data', name, row.version)} className="link">version {row.version}</A> · {row.value == null ? '–' : figure(row.value)}
                </Text>
                {verdict !== undefined && (
                  <A to={to.validation(ws, name, verdict.id)} className="verdict" aria-label={`Report of version ${row.version}: ${verdictWords(verdict)}${drift === undefined ? '' : `, ${drift}`}`}>
                    <Badge size="xs" variant="light" color={verdictColour(verdict)}>{verdict.passed ? 'passed' : 'failed'}</Badge>
                    {drift !== undefined && <Badge size="xs" variant="filled" color={drift === 'alarm' ? 'red.8' : 'orange.8'}>{drift === 'alarm' ? '▲ alarm' : '◆ drift'}</Badge>}
                  </A>
                )}
              </li>
            );
          })}
        </ol>
        {moved !== undefined && Math.abs(moved) >= 0.1 && (
          <Badge size="sm" color="orange" variant="light">
            {moved > 0 ? '+' : '−'}{figure(Number((Math.abs(moved) * 100).toPrecision(3)))} % since the version before
          </Badge>
        )}
      </Group>
    </Panel>
  );
}

interface Check {
  id: string;
  version: string;
  table: string;
  at: string;
  baseline: string;
  passed: boolean;
  all: number;
  open: Expectation[];
}

/** Each validation with what it did not find met. */
function Validations({ ws, name, rows, verdicts }: Props & { rows: Expectation[]; verdicts: readonly Validation[] }) {
  const checks = useMemo(() => {
    const found = new Map<string, Check>();
    for (const row of rows) {
      const id = `${row.validated_at} ${row.version} ${row.table}`;
      const check = found.get(id) ?? { id, version: row.version, table: row.table, at: row.validated_at, baseline: row.baseline, passed: row.passed, all: 0, open: [] };
      check.all += 1;
      if (!row.met) check.open.push(row);
      found.set(id, check);
    }
    return [...found.values()].sort((a, b) => b.at.localeCompare(a.at));
  }, [rows]);
  const columns = useMemo(
    (): Column<Check>[] => [
      { id: 'version', header: 'Version', by: (check) => check.version, cell: (check) => <A to={to.version(ws, 'data', name, check.version)} className="link nowrap">{check.version}{check.table === '' ? '' : ` · ${check.table}`}</A> },
      { id: 'passed', header: 'Result', by: (check) => Number(check.passed), cell: (check) => <Badge variant="light" color={check.passed ? (check.open.length > 0 ? 'yellow' : 'teal') : 'red'}>{check.passed ? 'passed' : 'failed'}</Badge> },
      {
        id: 'open', header: 'Not met',
        cell: (check) =>
          check.open.length === 0 ? <span className="quiet">all {check.all} are met</span> : (
            <div>
              {check.open.slice(0, 5).map((row) => (
                <Text key={`${row.column} ${row.expected}`} size="xs" className={row.level === 'error' ? 'failed' : 'warned'} style={{ overflowWrap: 'anywhere' }}>
                  {row.column === '' ? '' : `${row.column}: `}{row.expected}, found {row.found}
                </Text>
              ))}
              {check.open.length > 5 && <Text size="xs" c="dimmed">and {check.open.length - 5} more</Text>}
            </div>
          ),
      },
      { id: 'baseline', header: 'Baseline', wide: true, cell: (check) => (check.baseline === '' ? '–' : check.baseline.replace(/^azureml:/, '')) },
      {
        id: 'report', header: 'Report', wide: true,
        cell: (check) => {
          const verdict = verdicts.find((one) => one.validated_at === Date.parse(check.at) && one.version === check.version && one.table === check.table);
          return verdict === undefined ? <span className="quiet">none kept</span> : <A to={to.validation(ws, name, verdict.id)} className="link">open</A>;
        },
      },
      { id: 'at', header: 'When', number: true, wide: true, by: (check) => check.at, cell: (check) => <Ago at={Date.parse(check.at)} /> },
    ],
    [ws, name, verdicts],
  );
  return (
    <Panel title="Validations" flush>
      <DataTable label="Validations" columns={columns} rows={checks} id={(check) => check.id} />
    </Panel>
  );
}
