/** One online endpoint: its traffic, its deployments, a place to try it, what happens now, and what was said. */
import { SimpleGrid } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { CommandLine } from '../../parts/Copy';
import { Facts } from '../../parts/Facts';
import { Page, PageOf } from '../../parts/Page';
import { Panel } from '../../parts/Panel';
import { Loaded } from '../../parts/States';
import { Ago } from '../../parts/Time';
import { useWorkspace } from '../../parts/useWorkspace';
import { to } from '../../pure/links';
import { Console } from './Console';
import { Deployments } from './Deployments';
import { AUTH } from './EndpointListPage';
import { Live } from './Live';
import { deploymentsQuery, endpointQuery } from './queries';
import { Said } from './Said';
import { Traffic } from './Traffic';

export function EndpointPage() {
  const ws = useWorkspace();
  const { name = '' } = useParams({ strict: false });
  const query = useQuery(endpointQuery(ws, name));
  const deployments = useQuery(deploymentsQuery(ws, name));
  const all = deployments.data ?? [];
  return (
    <PageOf query={query} title={name} crumbs={[{ label: 'Endpoints', to: to.endpoints(ws) }]}>
      {(endpoint) => (
        <Page title={endpoint.name} crumbs={[{ label: 'Endpoints', to: to.endpoints(ws) }]}>
          <Panel>
            <Facts
              rows={[
                ['Kind', endpoint.kind],
                ['Authentication', AUTH[endpoint.auth_mode] ?? endpoint.auth_mode],
                ['Created by', endpoint.created_by],
                ['Created', <Ago key="c" at={endpoint.created_at} />],
              ]}
            />
            <div style={{ marginTop: 14 }}><CommandLine line={endpoint.scoring_uri} what="Copy the address" /></div>
          </Panel>
          <Traffic ws={ws} endpoint={endpoint} deployments={all} />
          <Loaded query={deployments}>{(rows) => <Deployments ws={ws} deployments={rows} />}</Loaded>
          <Live ws={ws} endpoint={name} />
          <SimpleGrid cols={{ base: 1, lg: 2 }}>
            <Console ws={ws} endpoint={name} deployments={all} />
            <Said ws={ws} endpoint={name} deployments={all} />
          </SimpleGrid>
        </Page>
      )}
    </PageOf>
  );
}
