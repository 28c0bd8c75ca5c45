/** Runs side by side: their metrics over each other, what differs in what went in, what they ran and what they ran in. */
import { Button, Group, Tabs } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useQueries } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { count } from '../../pure/format';
import { to } from '../../pure/links';
import { A } from '../../parts/A';
import { useColours } from '../../parts/colours';
import { CommandLine } from '../../parts/Copy';
import { Page } from '../../parts/Page';
import { Panel } from '../../parts/Panel';
import { Empty, Failure, Loading } from '../../parts/States';
import { Dot } from '../../parts/Status';
import { useWorkspace } from '../../parts/useWorkspace';
import { commandLine } from '../job/command';
import { rowOf, type Row } from '../run/columns';
import { runQuery } from '../run/queries';
import { Among } from './Among';
import { CodeDiff } from './CodeDiff';
import { Environments } from './Environments';
import { Overlay } from './Overlay';
import { SideBySide } from './SideBySide';
import { COMPARE_TABS, LABELS, type CompareSearch, type CompareTab } from './tabs';

export function ComparePage() {
  const ws = useWorkspace();
  const { runs: ids = [], tab = 'metrics' } = useSearch({ strict: false }) as CompareSearch;
  const navigate = useNavigate();
  const asked = useQueries({ queries: ids.map((id) => ({ ...runQuery(ws, id, false), staleTime: 5000 })) });
  const rows = useMemo(() => asked.flatMap(({ data }) => (data === undefined ? [] : [rowOf(data)])), [asked]);
  const failed = asked.find(({ error }) => error !== null);
  const search = (next: CompareSearch) => void navigate({ to: '.', search: next as never, replace: true });
  if (ids.length < 2) {
    return (
      <Page title="Compare runs" crumbs={[{ label: 'Runs', to: to.runs(ws) }]}>
        <Panel>
          <Empty title="Two runs at least">
            Choose them on the page of <A to={to.runs(ws)} className="link lined">runs</A>.
          </Empty>
        </Panel>
      </Page>
    );
  }
  return (
    <Page title="Compare runs" crumbs={[{ label: 'Runs', to: to.runs(ws) }]} below={count(ids.length, 'run')}>
      {failed?.error != null && <Failure error={failed.error} />}
      {rows.length < ids.length && failed === undefined ? (
        <Loading lines={8} />
      ) : (
        <>
          <Chosen ws={ws} rows={rows} onDrop={(id) => search({ runs: ids.filter((each) => each !== id), tab })} />
          <Tabs value={tab} onChange={(next) => search({ runs: ids, tab: (next ?? undefined) as CompareTab })} keepMounted={false}>
            <Tabs.List mb="md" className="tabs">
              {COMPARE_TABS.map((each) => (
                <Tabs.Tab key={each} value={each}>
                  {LABELS[each]}
                </Tabs.Tab>
              ))}
            </Tabs.List>
            <Tabs.Panel value="metrics"><Overlay ws={ws} rows={rows} /></Tabs.Panel>
            <Tabs.Panel value="parallel"><Among ws={ws} rows={rows} as="parallel" /></Tabs.Panel>
            <Tabs.Panel value="scatter"><Among ws={ws} rows={rows} as="scatter" /></Tabs.Panel>
            <Tabs.Panel value="parameters"><SideBySide title="Parameters" ws={ws} rows={rows} all={rows.map((row) => row.params)} /></Tabs.Panel>
            <Tabs.Panel value="code"><CodeDiff ws={ws} rows={rows} /></Tabs.Panel>
            <Tabs.Panel value="environment"><Environments ws={ws} rows={rows} /></Tabs.Panel>
          </Tabs>
          <Panel title="The same on the command line">
            <CommandLine line={commandLine(['run', 'compare', '-n', ...ids], { ws, origin: window.location.origin })} />
          </Panel>
        </>
      )}
    </Page>
  );
}

/** The runs with their colours. */
function Chosen({ ws, rows, onDrop }: { ws: string; rows: readonly Row[]; onDrop: (id: string) => void }) {
  const colours = useColours();
  return (
    <Group gap={8} role="list" aria-label="Runs that are compared">
      {rows.map((row, at) => (
        <span className="chosen-run" role="listitem" key={row.id}>
          <i style={{ background: colours[at % colours.length] }} aria-hidden />
          <A to={to.run(ws, row.id)} className="plain" title={row.id}>
            {row.name}
          </A>
          <Dot status={row.status} />
          <Button variant="subtle" color="gray" size="compact-xs" p={2} aria-label={`Leave out ${row.name}`} onClick={() => onDrop(row.id)}>
            <IconX size={13} />
          </Button>
        </span>
      ))}
    </Group>
  );
}
