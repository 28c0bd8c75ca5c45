/** The files of a version of data or of a model. */
import { useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { api, ok } from '../../api/client';
import { to } from '../../pure/links';
import { entriesOf, FileBrowser, type FileSource } from '../../parts/FileBrowser';

interface Props {
  ws: string;
  kind: 'data' | 'models';
  name: string;
  version: string;
}

const files = (kind: Props['kind']) => `/api/v1/workspaces/{ws}/${kind}/{name}/versions/{version}/files` as '/api/v1/workspaces/{ws}/models/{name}/versions/{version}/files';

export function VersionFiles({ ws, kind, name, version }: Props) {
  const client = useQueryClient();
  const source = useMemo((): FileSource => {
    const all = {
      queryKey: ['version files', ws, kind, name, version],
      queryFn: async () => {
        const path = { ws, name, version };
        return (await ok(api.GET(files(kind), { params: { path } }))).items;
      },
      staleTime: Infinity,
    };
    return {
      key: all.queryKey,
      list: async (folder) => entriesOf(await client.fetchQuery(all), folder),
      url: (path) => `/api/v1${to.version(ws, kind, name, version)}/files/${path.split('/').map(encodeURIComponent).join('/')}`,
    };
  }, [client, ws, kind, name, version]);
  return <FileBrowser title="Files" source={source} />;
}
