/** What is in a version of data: its columns with their distributions, what is missing, what goes together. */
import { Badge, Group, Select, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { api, ok } from '../../api/client';
import { count, figure } from '../../pure/format';
import { DataTable, type Column } from '../../parts/DataTable';
import { Facts } from '../../parts/Facts';
import { Panel } from '../../parts/Panel';
import { Loaded } from '../../parts/States';
import { Bars, Share } from './Bars';
import { profileQuery, type ColumnProfile, type Profile as Found } from './queries';
import { cell, tablesOf } from './shape';

interface Props {
  ws: string;
  name: string;
  version: string;
}

export function Profile({ ws, name, version }: Props) {
  const files = useQuery({
    queryKey: ['version files', ws, name, version, 'paths'],
    queryFn: async () => {
      const path = { ws, name, version };
      return (await ok(api.GET('/api/v1/workspaces/{ws}/data/{name}/versions/{version}/files', { params: { path } }))).items.map((file) => file.path);
    },
    staleTime: Infinity,
  });
  return <Loaded query={files} lines={2}>{(paths) => <OfTables ws={ws} name={name} version={version} tables={tablesOf(paths)} />}</Loaded>;
}

/** Data of several tables has a profile for each. */
function OfTables({ tables, ...of }: Props & { tables: string[] }) {
  const [chosen, choose] = useState(tables.length > 1 ? (tables[0] ?? '') : '');
  const query = useQuery({ ...profileQuery(of.ws, of.name, of.version, chosen), enabled: tables.length > 0 });
  if (tables.length === 0) return null;
  const picker = tables.length > 1 && (
    <Select size="xs" w={220} aria-label="Table" allowDeselect={false} value={chosen} onChange={(table) => choose(table ?? '')} data={tables.map((table) => ({ value: table, label: table }))} />
  );
  return (
    <Panel title="Profile" aside={picker} flush>
      <Loaded query={query}>{(profile) => <OneProfile profile={profile} />}</Loaded>
    </Panel>
  );
}

function OneProfile({ profile }: { profile: Found }) {
  const missing = profile.columns.filter((column) => column.missing > 0).length;
  const columns = useMemo((): Column<ColumnProfile>[] => {
    const share = (column: ColumnProfile) => (profile.rows === 0 ? 0 : column.missing / profile.rows);
    return [
      {
        id: 'name', header: 'Column', by: (column) => column.name,
        cell: (column) => (
          <Stack gap={2} miw={120}>
            <Text size="sm" fw={550} style={{ overflowWrap: 'anywhere' }}>{column.name}</Text>
            <Group gap={6}>
              <Text size="xs" c="dimmed">{column.type}{column.missing > 0 && <span className="narrow"> · {percent(share(column))} missing</span>}</Text>
              {column.key !== null && <Badge size="xs" variant="light">key</Badge>}
              {column.constant && <Badge size="xs" variant="default">constant</Badge>}
            </Group>
          </Stack>
        ),
      },
      { id: 'shape', header: 'Distribution', cell: (column) => <Shape column={column} /> },
      {
        id: 'missing', header: 'Missing', number: true, wide: true, by: share,
        cell: (column) => (column.missing === 0 ? <span className="quiet">none</span> : <Text size="sm" c={share(column) > 0.2 ? 'orange' : undefined}>{percent(share(column))}</Text>),
      },
      {
        id: 'distinct', header: 'Distinct', number: true, wide: true, by: (column) => column.distinct.value,
        cell: (column) => `${column.distinct.standard_error > 0 ? '≈ ' : ''}${figure(Math.round(column.distinct.value))}`,
      },
      { id: 'mean', header: 'Mean', number: true, wide: true, by: (column) => of(column, 'mean'), cell: (column) => number(column, 'mean') },
      { id: 'deviation', header: 'Deviation', number: true, wide: true, by: (column) => of(column, 'standard_deviation'), cell: (column) => number(column, 'standard_deviation') },
      { id: 'range', header: 'From – to', number: true, wide: true, cell: (column) => (column.min === undefined ? '–' : <span className="nowrap">{brief(column.min)} – {brief(column.max)}</span>) },
    ];
  }, [profile]);
  return (
    <>
      <div className="inside">
        <Facts
          rows={[
            ['Rows', figure(profile.rows)],
            ['Columns', figure(profile.columns.length)],
            ['Columns with missing values', figure(missing)],
            ['Duplicate rows', `${profile.duplicate_rows.standard_error > 0 ? '≈ ' : ''}${figure(Math.round(profile.duplicate_rows.value))}`],
          ]}
        />
      </div>
      <DataTable label="Columns" columns={columns} rows={profile.columns} id={(column) => column.name} />
      {profile.correlations.length > 0 && <Together profile={profile} />}
    </>
  );
}

/** The distribution: a histogram of numbers and times, the most frequent values of everything else. */
function Shape({ column }: { column: ColumnProfile }) {
  const few = column.categories !== undefined || column.histogram === undefined || column.text !== undefined;
  if (!few && column.histogram !== undefined) {
    const { edges, labels, counts } = column.histogram;
    const [first, last] = [labels?.[0] ?? figure(edges[0] ?? 0), labels?.[labels.length - 1] ?? figure(edges[edges.length - 1] ?? 0)];
    return <Bars label={`${column.name} from ${first} to ${last}`} counts={counts} />;
  }
  if (column.key !== null || column.top.length === 0) return <span className="quiet">no value twice</span>;
  return (
    <div style={{ width: 150 }}>
      {column.top.slice(0, 3).map((top) => {
        const share = top.count / Math.max(column.count, 1);
        return <Share key={cell(top.value)} share={share} words={`${cell(top.value) || '(empty)'}  ${percent(share)}`} />;
      })}
    </div>
  );
}

/** Pairs of columns by how strongly they go together. */
function Together({ profile }: { profile: Found }) {
  const strength = (pair: Found['correlations'][number]) => Math.abs(pair.spearman ?? pair.pearson ?? pair.cramers_v ?? 0);
  const pairs = [...profile.correlations].sort((a, b) => strength(b) - strength(a)).slice(0, 8);
  return (
    <div className="inside" style={{ borderTop: '1px solid var(--edge)' }}>
      <Text size="sm" fw={600} mb={6}>What goes together</Text>
      <div style={{ display: 'grid', gridTemplateColumns: 'repeat(auto-fill, minmax(280px, 1fr))', gap: '4px 24px' }}>
        {pairs.map((pair) => {
          const value = pair.spearman ?? pair.pearson ?? pair.cramers_v ?? 0;
          const what = pair.spearman !== undefined ? 'ρ' : pair.pearson !== undefined ? 'r' : 'V';
          return <Share key={`${pair.left} ${pair.right}`} share={Math.abs(value)} words={`${pair.left} · ${pair.right}  ${what} ${value.toFixed(2)}`} />;
        })}
      </div>
      {profile.missing_together.length > 0 && (
        <Text size="sm" c="dimmed" mt={8}>
          Missing together: {profile.missing_together.slice(0, 3).map((pair) => `${pair.left} and ${pair.right} (${count(pair.rows, 'row')})`).join(', ')}
        </Text>
      )}
    </div>
  );
}

const percent = (share: number) => (share > 0 && share < 0.001 ? '< 0.1 %' : `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`);

const of = (column: ColumnProfile, statistic: 'mean' | 'standard_deviation') => (column.text === undefined ? (column.numbers?.[statistic] ?? Number.NEGATIVE_INFINITY) : Number.NEGATIVE_INFINITY);

const number = (column: ColumnProfile, statistic: 'mean' | 'standard_deviation') => {
  const value = of(column, statistic);
  return Number.isFinite(value) ? figure(Number(value.toPrecision(4))) : '–';
};

const brief = (value: unknown) => (typeof value === 'number' ? figure(value) : cell(value).slice(0, 10));
