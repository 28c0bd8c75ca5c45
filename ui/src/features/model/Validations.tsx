/** What a version of a model was held against: each validation with its verdict, what it found, and its report. */
import { Badge, Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok, type Schemas } from '../../api/client';
import { to } from '../../pure/links';
import { A } from '../../parts/A';
import { Frame } from '../../parts/Frame';
import { Panel } from '../../parts/Panel';
import { Loaded } from '../../parts/States';
import { Ago } from '../../parts/Time';

type Validation = Schemas['ModelValidation'];
interface Check {
  check: string;
  passed: boolean;
  says: string;
}

const COLOURS: Record<string, string> = { Passed: 'teal', Failed: 'red', Broken: 'orange', Running: 'blue' };
const LIVE_MS = 2_000;

const path = (ws: string, name: string) => ({ ws, name });

const validationsQuery = (ws: string, name: string, version: string) => ({
  queryKey: ['model validations', ws, name, version],
  queryFn: async () => (await ok(api.GET('/api/v1/workspaces/{ws}/models/{name}/validations', { params: { path: path(ws, name), query: { version: Number(version) } } }))).items,
  refetchInterval: ({ state }: { state: { data?: Validation[] } }) => (state.data?.some((one) => one.state === 'Running') === true ? LIVE_MS : false as const),
});

const reportQuery = (ws: string, name: string, id: string) => ({
  queryKey: ['model validation report', ws, name, id],
  queryFn: () => ok(api.GET('/api/v1/workspaces/{ws}/models/{name}/validations/{id}/report', { params: { path: { ...path(ws, name), id } }, parseAs: 'text' })),
  staleTime: Infinity,
});

export function Validations({ ws, name, version }: { ws: string; name: string; version: string }) {
  const query = useQuery(validationsQuery(ws, name, version));
  const [shown, show] = useState<string>();
  return (
    <>
      <Panel title="Validations" flush>
        <Loaded query={query}>
          {(all) =>
            all.length === 0 ? (
              <p className="inside" style={{ margin: 0 }}>It has not been validated here. <code>tidemill model validate</code> holds it against a validation.yml.</p>
            ) : (
              <table className="table" aria-label="Validations">
                <thead>
                  <tr>
                    <th scope="col">Verdict</th>
                    <th scope="col">What was found</th>
                    <th scope="col" className="wide">Data</th>
                    <th scope="col" className="wide">When</th>
                    <th scope="col"><span className="sr">Report</span></th>
                  </tr>
                </thead>
                <tbody>
                  {all.map((one) => <Row key={one.id} ws={ws} one={one} isShown={shown === one.id} onShow={() => show(shown === one.id ? undefined : one.id)} />)}
                </tbody>
              </table>
            )
          }
        </Loaded>
      </Panel>
      {shown !== undefined && <Report ws={ws} name={name} id={shown} />}
    </>
  );
}

function Row({ ws, one, isShown, onShow }: { ws: string; one: Validation; isShown: boolean; onShow: () => void }) {
  const checks = one.checks as unknown as Check[];
  const wrong = checks.filter(({ passed }) => !passed);
  const good = checks.length - wrong.length;
  const over = one.state === 'Passed' || one.state === 'Failed';
  return (
    <tr>
      <td><Badge variant="light" color={COLOURS[one.state] ?? 'gray'} tt="none">{one.state}</Badge></td>
      <td style={{ overflowWrap: 'anywhere' }}>
        {over && `${good} of ${checks.length} checks hold`}
        {one.state === 'Running' && <A to={to.job(ws, one.job)}>{one.job}</A>}
        {wrong.map(({ check, says }, at) => <div key={at}><strong>{check}</strong> {says}</div>)}
        {one.state === 'Broken' && one.reason}
      </td>
      <td className="wide">{one.data.replace(/^azureml:/, '')}</td>
      <td className="wide"><Ago at={one.created_at} /></td>
      <td className="number">{over && <Button size="compact-xs" variant="default" aria-expanded={isShown} onClick={onShow}>{isShown ? 'Hide report' : 'Report'}</Button>}</td>
    </tr>
  );
}

function Report({ ws, name, id }: { ws: string; name: string; id: string }) {
  const query = useQuery(reportQuery(ws, name, id));
  return (
    <Panel title="Model report" flush>
      <Loaded query={query}>{(html) => <Frame html={html} label={`Report of ${name}`} height={900} />}</Loaded>
    </Panel>
  );
}
