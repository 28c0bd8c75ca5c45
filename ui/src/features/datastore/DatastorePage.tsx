/** The datastores of a workspace: folders, what a file holds, and files down and up. */
import { Alert, Button, Checkbox, FileButton, Group, Progress, Select, Stack, Text, TextInput } from '@mantine/core';
import { IconUpload } from '@tabler/icons-react';
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useRef, useState } from 'react';
import { api, ok, type Schemas } from '../../api/client';
import { bytes } from '../../pure/format';
import { FileBrowser, type FileSource } from '../../parts/FileBrowser';
import { Page } from '../../parts/Page';
import { Panel } from '../../parts/Panel';
import { Empty, Loaded } from '../../parts/States';
import { useWorkspace } from '../../parts/useWorkspace';
import { placeOf, send, uploadUrl } from './upload';

type Datastore = Schemas['Datastore'];

const datastoresQuery = (ws: string) =>
  queryOptions({
    queryKey: ['datastores', ws],
    queryFn: async () => (await ok(api.GET('/api/v1/workspaces/{ws}/datastores', { params: { path: { ws }, query: { limit: 1000 } } }))).items,
  });

async function folder(ws: string, name: string, path: string) {
  return ok(api.GET('/api/v1/workspaces/{ws}/datastores/{name}/files', { params: { path: { ws, name }, query: { path } } }));
}

export function DatastorePage() {
  const ws = useWorkspace();
  const query = useQuery(datastoresQuery(ws));
  return (
    <Page title="Datastores" below="Where data lies: folders, files, and files brought down and up">
      <Loaded query={query}>{(stores) => (stores.length === 0 ? <Empty title="No datastores">None is there.</Empty> : <Stores ws={ws} stores={stores} />)}</Loaded>
    </Page>
  );
}

function Stores({ ws, stores }: { ws: string; stores: Datastore[] }) {
  const { store } = useSearch({ strict: false }) as { store?: string };
  const navigate = useNavigate();
  const chosen = stores.find(({ name }) => name === store) ?? stores.find(({ name }) => name === 'workspaceblobstore') ?? stores[0];
  const choose = (name: string | null) => void navigate({ to: '.', search: { store: name ?? undefined } as never, replace: true });
  return (
    <>
      <Panel>
        <Select
          label="Datastore" data={stores.map(({ name, type }) => ({ value: name, label: `${name} (${type})` }))} value={chosen?.name ?? null}
          onChange={choose} allowDeselect={false} maw={420} comboboxProps={{ transitionProps: { duration: 0 } }}
        />
      </Panel>
      {chosen !== undefined && <Files key={chosen.name} ws={ws} name={chosen.name} />}
    </>
  );
}

function Files({ ws, name }: { ws: string; name: string }) {
  const top = useQuery({ queryKey: ['datastore', ws, name], queryFn: () => folder(ws, name, '') });
  const source = useMemo((): FileSource => ({
    key: ['datastore', ws, name],
    list: async (path) => {
      const found = await folder(ws, name, path);
      return [
        ...found.folders.map((inside) => ({ path: inside, folder: true, size: 0 })),
        ...found.files.map((file) => ({ path: file.path, folder: false, size: file.size_bytes })),
      ];
    },
    url: (path) => `/api/v1/workspaces/${encodeURIComponent(ws)}/datastores/${encodeURIComponent(name)}/files/${path.split('/').map(encodeURIComponent).join('/')}`,
  }), [ws, name]);
  return (
    <>
      <FileBrowser title="Files" source={source} none="Nothing lies here yet." />
      {top.data !== undefined && (top.data.read_only ? <Text size="sm" c="dimmed">Files are only read here.</Text> : <Upload ws={ws} name={name} />)}
    </>
  );
}

interface Sending {
  name: string;
  sent: number;
  size: number;
}

function Upload({ ws, name }: { ws: string; name: string }) {
  const client = useQueryClient();
  const [into, setInto] = useState('');
  const [overwrite, setOverwrite] = useState(false);
  const [sending, setSending] = useState<Sending>();
  const [done, setDone] = useState<string>();
  const [error, setError] = useState<Error>();
  const forget = useRef<() => void>(null);
  const upload = async (files: File[]) => {
    setError(undefined);
    setDone(undefined);
    try {
      for (const file of files) {
        setSending({ name: file.name, sent: 0, size: file.size });
        const url = uploadUrl(ws, name, placeOf(into, file.name), file.size, overwrite);
        await send(url, file, (sent) => setSending({ name: file.name, sent, size: file.size }));
      }
      setDone(files.length === 1 ? `${files[0]?.name ?? ''} is there.` : `${files.length} files are there.`);
    } catch (failed) {
      setError(failed as Error);
    } finally {
      setSending(undefined);
      // A file that is chosen again, for it has changed, is chosen anew.
      forget.current?.();
      await client.invalidateQueries({ queryKey: ['folder', 'datastore', ws, name] });
    }
  };
  return (
    <Panel title="Upload">
      <Stack gap="sm">
        <Group align="end" gap="sm">
          <TextInput label="Folder" placeholder="the root" value={into} onChange={(event) => setInto(event.currentTarget.value)} style={{ flex: '1 1 220px' }} />
          <FileButton resetRef={forget} onChange={(files) => void upload(files)} multiple disabled={sending !== undefined}>
            {(props) => (
              <Button {...props} leftSection={<IconUpload size={16} />} loading={sending !== undefined}>
                Choose files
              </Button>
            )}
          </FileButton>
        </Group>
        <Checkbox label="Replace files that lie there" description="A version of data that names one of them can then not be read any more" checked={overwrite} onChange={(event) => setOverwrite(event.currentTarget.checked)} />
        {sending !== undefined && (
          <div>
            <Text size="sm">
              {sending.name}: {bytes(sending.sent)} of {bytes(sending.size)}
            </Text>
            <Progress value={sending.size === 0 ? 100 : (sending.sent / sending.size) * 100} aria-label={`Upload of ${sending.name}`} />
          </div>
        )}
        {done !== undefined && <Text size="sm" role="status">{done}</Text>}
        {error !== undefined && (
          <Alert color="red" title="That did not work" role="alert">
            {error.message}
          </Alert>
        )}
        <Text size="xs" c="dimmed">
          Large folders go up with <code>tidemill data upload</code>, which goes on where it broke.
        </Text>
      </Stack>
    </Panel>
  );
}
