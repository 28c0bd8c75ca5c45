/** All online endpoints of a workspace. */
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { A } from '../../parts/A';
import { CommandLine } from '../../parts/Copy';
import { DataTable, type Column } from '../../parts/DataTable';
import { Page } from '../../parts/Page';
import { Panel } from '../../parts/Panel';
import { Empty, Loaded } from '../../parts/States';
import { Ago } from '../../parts/Time';
import { useWorkspace } from '../../parts/useWorkspace';
import { to } from '../../pure/links';
import { commandLine } from '../job/command';
import { endpointsQuery, type Endpoint } from './queries';
import { TrafficBar } from './Traffic';

export function EndpointListPage() {
  const ws = useWorkspace();
  const query = useQuery(endpointsQuery(ws));
  const columns = useMemo(
    (): Column<Endpoint>[] => [
      { id: 'name', header: 'Name', by: ({ name }) => name, cell: ({ name }) => <A to={to.endpoint(ws, name)} className="row plain">{name}</A> },
      { id: 'traffic', header: 'Traffic', cell: ({ traffic }) => <TrafficBar shares={traffic as Record<string, number>} small /> },
      { id: 'auth', header: 'Authentication', by: ({ auth_mode }) => auth_mode, cell: ({ auth_mode }) => AUTH[auth_mode] ?? auth_mode },
      { id: 'updated', header: 'Changed', number: true, by: ({ updated_at }) => updated_at, cell: ({ updated_at }) => <Ago at={updated_at} /> },
    ],
    [ws],
  );
  return (
    <Page title="Endpoints">
      <Panel flush>
        <Loaded query={query}>
          {(endpoints) =>
            endpoints.length === 0 ? (
              <Empty title="No endpoints yet">
                An endpoint answers requests with a model:
                <div style={{ marginTop: 12, textAlign: 'left' }}>
                  <CommandLine line={commandLine(['online-endpoint', 'create', '-f', 'endpoint.yml'], { ws, origin: window.location.origin })} />
                </div>
              </Empty>
            ) : (
              <DataTable label="Endpoints" columns={columns} rows={endpoints} id={({ name }) => name} />
            )
          }
        </Loaded>
      </Panel>
    </Page>
  );
}

export const AUTH: Record<string, string> = { key: 'key', aml_token: 'token of the endpoint', aad_token: "caller's own token" };
