/** One name with its versions, newest first. */
import { Badge, Group } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useMemo } from 'react';
import { bytes } from '../../pure/format';
import { to, type AssetKind } from '../../pure/links';
import { A } from '../../parts/A';
import { DataTable, type Column } from '../../parts/DataTable';
import { Pairs } from '../../parts/Facts';
import { Page, PageOf } from '../../parts/Page';
import { Panel } from '../../parts/Panel';
import { Empty, Loaded } from '../../parts/States';
import { Ago } from '../../parts/Time';
import { useWorkspace } from '../../parts/useWorkspace';
import { OverTime } from '../data/OverTime';
import { History } from '../model/History';
import { assetQuery, versionsQuery, type Version } from './queries';
import { WORDS } from './words';

export function AssetPage({ kind }: { kind: AssetKind }) {
  const ws = useWorkspace();
  const { name = '' } = useParams({ strict: false });
  const asset = useQuery(assetQuery(ws, kind, name));
  const versions = useQuery(versionsQuery(ws, kind, name));
  return (
    <PageOf query={asset} title={name} crumbs={[{ label: WORDS[kind].title, to: to.assets(ws, kind) }]}>
      {(found) => (
        <Page
          title={found.name}
          crumbs={[{ label: WORDS[kind].title, to: to.assets(ws, kind) }]}
          beside={found.archived && <Badge variant="default">Archived</Badge>}
          below={found.description}
        >
          {Object.keys(found.tags).length > 0 && (
            <Panel title="Tags">
              <Pairs rows={Object.entries(found.tags as Record<string, string>)} />
            </Panel>
          )}
          <Panel title="Versions" flush>
            <Loaded query={versions}>
              {(all) => (all.length > 0 ? <VersionTable ws={ws} kind={kind} versions={all} /> : <Empty title="No versions that are not archived" />)}
            </Loaded>
          </Panel>
          {kind === 'data' && <OverTime ws={ws} name={found.name} />}
          {kind === 'models' && <History ws={ws} name={found.name} />}
        </Page>
      )}
    </PageOf>
  );
}

export function VersionTable({ ws, kind, versions }: { ws: string; kind: AssetKind; versions: readonly Version[] }) {
  const columns = useMemo(
    (): Column<Version>[] => [
      {
        id: 'version', header: 'Version', by: (version) => version.created_at, number: false,
        cell: (version) => (
          <Group gap={6}>
            <A to={to.version(ws, kind, version.name, version.version)} className="row plain">
              {version.version}
            </A>
            {version.labels.map((label) => (
              <Badge key={label} size="sm" variant={label === 'latest' ? 'default' : 'light'}>
                {label}
              </Badge>
            ))}
          </Group>
        ),
      },
      { id: 'type', header: 'Type', wide: true, cell: (version) => version.type },
      {
        id: 'job', header: 'Made by', wide: true,
        cell: (version) =>
          version.job != null ? (
            <A to={to.job(ws, version.job)} className="link over">
              {version.job}
            </A>
          ) : version.run_id != null ? (
            <A to={to.run(ws, version.run_id)} className="link over">
              {version.run_id.slice(0, 8)}
            </A>
          ) : (
            (version.created_by ?? '–')
          ),
      },
      { id: 'size', header: 'Size', number: true, wide: true, by: (version) => version.size_bytes ?? 0, cell: (version) => (version.size_bytes == null ? '–' : bytes(version.size_bytes)) },
      { id: 'created', header: 'Created', number: true, by: (version) => version.created_at, cell: (version) => <Ago at={version.created_at} /> },
    ],
    [ws, kind],
  );
  return <DataTable label="Versions" columns={columns} rows={versions} id={(version) => version.version} />;
}
