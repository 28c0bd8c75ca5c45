/** The packages that the jobs of several runs ran in. */
import { useQueries } from '@tanstack/react-query';
import { useMemo } from 'react';
import { Panel } from '../../parts/Panel';
import { Empty, Loading } from '../../parts/States';
import { jobQuery } from '../job/queries';
import { packagesOf } from '../job/packages';
import type { Row } from '../run/columns';
import { SideBySide } from './SideBySide';

export function Environments({ ws, rows }: { ws: string; rows: readonly Row[] }) {
  const jobs = useQueries({ queries: rows.map((row) => ({ ...jobQuery(ws, row.id), refetchInterval: false as const })) });
  const all = useMemo(() => jobs.map(({ data }) => (data === undefined ? {} : packagesOf(data))), [jobs]);
  if (jobs.some(({ isPending }) => isPending)) return <Loading />;
  if (all.every((each) => Object.keys(each).length === 0)) {
    return (
      <Panel title="Environment">
        <Empty title="None of these runs has an environment">Only jobs run in one that is locked.</Empty>
      </Panel>
    );
  }
  return <SideBySide title="Packages" ws={ws} rows={rows} all={all} />;
}
