/** One version of an asset: its content never changes. A model's shows where it comes from. */
import { Badge, SimpleGrid, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { Schemas } from '../../api/client';
import { bytes, short } from '../../pure/format';
import { to, type AssetKind } from '../../pure/links';
import { yaml } from '../../pure/yaml';
import { A } from '../../parts/A';
import { CommandLine, Copy } from '../../parts/Copy';
import { Description } from '../../parts/Description';
import { Facts } from '../../parts/Facts';
import { Page, PageOf } from '../../parts/Page';
import { Panel } from '../../parts/Panel';
import { Tags } from '../../parts/Tags';
import { Ago } from '../../parts/Time';
import { useChange } from '../../parts/useChange';
import { useWorkspace } from '../../parts/useWorkspace';
import { Profile } from '../data/Profile';
import { commandLine } from '../job/command';
import { History } from '../model/History';
import { Lineage } from '../lineage/Lineage';
import { Validations } from '../model/Validations';
import { patchVersion, versionQuery, type Version } from './queries';
import { VersionActions } from './VersionActions';
import { VersionFiles } from './VersionFiles';
import { WORDS } from './words';

type Patch = Schemas['AssetPatch'];

export function VersionPage({ kind }: { kind: AssetKind }) {
  const ws = useWorkspace();
  const { name = '', version = '' } = useParams({ strict: false });
  const query = useQuery(versionQuery(ws, kind, name, version));
  return (
    <PageOf query={query} title={`${name} ${version}`} crumbs={crumbsOf(ws, kind, name)}>
      {(found) => <OneVersion ws={ws} kind={kind} found={found} />}
    </PageOf>
  );
}

const crumbsOf = (ws: string, kind: AssetKind, name: string) => [{ label: WORDS[kind].title, to: to.assets(ws, kind) }, { label: name, to: to.asset(ws, kind, name) }];

function OneVersion({ ws, kind, found }: { ws: string; kind: AssetKind; found: Version }) {
  const { name, version } = found;
  const save = useChange<Patch>({ change: (body) => patchVersion(ws, kind, found, body), stale: [['version', ws, kind, name, version], ['versions', ws, kind, name]] });
  const text = yaml(found.spec);
  const words = [WORDS[kind].noun, 'show', '-n', name, '--version', version];
  const madeBy = found.job ?? found.run_id;
  const released = (found.tags as Record<string, string | undefined>).release;
  return (
    <Page
      title={`${name} ${version}`}
      crumbs={crumbsOf(ws, kind, name)}
      beside={
        <>
          {found.labels.map((label) => (
            <Badge key={label} variant={label === 'latest' ? 'default' : 'light'}>
              {label}
            </Badge>
          ))}
          {found.archived && <Badge variant="default">Archived</Badge>}
        </>
      }
      below={<><span className="mono">{`azureml:${name}:${version}`}</span> <Copy text={`azureml:${name}:${version}`} what="Copy the reference" /></>}
      actions={<VersionActions ws={ws} kind={kind} found={found} />}
    >
      <Panel>
        <Facts
          rows={[
            ['Type', found.type],
            ['Size', found.size_bytes != null ? bytes(found.size_bytes) : undefined],
            ['Files', found.files?.toLocaleString('en-US')],
            ['Digest', found.digest != null ? <span className="mono">{short(found.digest)} <Copy text={found.digest} what="Copy the digest" /></span> : undefined],
            ['Created', <Ago key="c" at={found.created_at} />],
            ['Release', released !== undefined ? <A key="r" to={to.releases(ws)}>{released}</A> : undefined],
            ['Made by', madeBy != null ? <A to={to.run(ws, madeBy)}>{madeBy}</A> : found.created_by],
          ]}
        />
      </Panel>
      <Description text={found.description ?? ''} onSave={(description) => save.mutateAsync({ description })} />
      {kind === 'models' && <Validations ws={ws} name={name} version={version} />}
      {kind === 'data' && <Profile ws={ws} name={name} version={version} />}
      {(kind === 'models' || kind === 'data') && <Lineage ws={ws} kind={kind} name={name} version={version} />}
      {(kind === 'models' || kind === 'data') && <VersionFiles ws={ws} kind={kind} name={name} version={version} />}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md" style={{ alignItems: 'start' }}>
        <Panel title="Specification" flush aside={<Copy text={text} what="Copy the YAML" />}>
          <pre className="text" tabIndex={0}>{text}</pre>
        </Panel>
        <Stack gap="md" miw={0}>
          <Tags
            tags={Object.entries(found.tags as Record<string, string>)}
            onSet={(key, value) => save.mutateAsync({ tags: { [key]: value } } as Patch)}
            onRemove={(key) => save.mutateAsync({ tags: { [key]: null } } as unknown as Patch)}
          />
          {kind === 'models' && <History ws={ws} name={name} version={version} />}
          <Panel title="The same on the command line">
            <CommandLine line={commandLine(words, { ws, origin: window.location.origin })} />
          </Panel>
        </Stack>
      </SimpleGrid>
    </Page>
  );
}
