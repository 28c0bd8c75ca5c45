/** All assets of one kind, by name. */
import { Badge, Box, Group, Text, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { to, type AssetKind } from '../../pure/links';
import { A } from '../../parts/A';
import { CommandLine } from '../../parts/Copy';
import { DataTable, type Column } from '../../parts/DataTable';
import { Page } from '../../parts/Page';
import { Panel } from '../../parts/Panel';
import { Empty, Loaded } from '../../parts/States';
import { Ago } from '../../parts/Time';
import { useWorkspace } from '../../parts/useWorkspace';
import { commandLine } from '../job/command';
import { assetsQuery, type Asset } from './queries';
import { WORDS } from './words';

export function AssetListPage({ kind }: { kind: AssetKind }) {
  const ws = useWorkspace();
  const [wanted, want] = useState('');
  const { title, noun, about } = WORDS[kind];
  const assets = useQuery(assetsQuery(ws, kind));
  const found = useMemo(() => assets.data?.filter((asset) => asset.name.toLowerCase().includes(wanted.toLowerCase())) ?? [], [assets.data, wanted]);
  return (
    <Page title={title}>
      {(assets.data?.length ?? 0) > 8 && (
        <TextInput
          aria-label={`Find ${title.toLowerCase()}`} placeholder="Find by name" size="sm" maw={360}
          leftSection={<IconSearch size={15} />} value={wanted} onChange={(event) => want(event.currentTarget.value)}
        />
      )}
      <Panel flush>
        <Loaded query={assets} lines={6}>
          {(all) =>
            found.length > 0 ? (
              <AssetTable ws={ws} kind={kind} assets={found} />
            ) : all.length > 0 ? (
              <Empty title={`No ${noun} is called ${wanted}`} />
            ) : (
              <Empty title={`No ${title.toLowerCase()} yet`}>
                {about}
                <div style={{ marginTop: 12, textAlign: 'left' }}>
                  <CommandLine line={commandLine([noun, 'create', '-f', `${noun}.yml`], { ws, origin: window.location.origin })} />
                </div>
              </Empty>
            )
          }
        </Loaded>
      </Panel>
    </Page>
  );
}

export function AssetTable({ ws, kind, assets }: { ws: string; kind: AssetKind; assets: readonly Asset[] }) {
  const columns = useMemo(
    (): Column<Asset>[] => [
      {
        id: 'name', header: 'Name', by: (asset) => asset.name,
        cell: (asset) => (
          <Box style={{ overflowWrap: 'anywhere' }}>
            <A to={to.asset(ws, kind, asset.name)} className="row plain">
              {asset.name}
            </A>
            {asset.description != null && asset.description !== '' && (
              <Text size="xs" c="dimmed" lineClamp={1}>
                {asset.description}
              </Text>
            )}
          </Box>
        ),
      },
      { id: 'version', header: 'Latest', cell: (asset) => <span className="mono">{asset.latest_version ?? '–'}</span> },
      {
        id: 'labels', header: 'Labels', wide: true,
        cell: (asset) => (
          <Group gap={4}>
            {Object.entries(asset.labels as Record<string, string>)
              .filter(([label]) => label !== 'latest')
              .map(([label, version]) => (
                <Badge key={label} variant="light" size="sm">
                  {label} → {version}
                </Badge>
              ))}
          </Group>
        ),
      },
      { id: 'type', header: 'Type', wide: true, by: (asset) => asset.type ?? '', cell: (asset) => asset.type ?? '–' },
      { id: 'updated', header: 'Changed', number: true, by: (asset) => asset.updated_at, cell: (asset) => <Ago at={asset.updated_at} /> },
    ],
    [ws, kind],
  );
  return <DataTable label={WORDS[kind].title} columns={columns} rows={assets} id={(asset) => asset.name} />;
}
