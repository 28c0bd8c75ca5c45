/** The files of a model version. */
import { useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { api, ok } from '../../api/client';
import { to } from '../../pure/links';
import { entriesOf, FileBrowser, type FileSource } from '../../parts/FileBrowser';

interface Props {
  ws: string;
  name: string;
  version: string;
}

export function ModelFiles({ ws, name, version }: Props) {
  const client = useQueryClient();
  const source = useMemo((): FileSource => {
    const all = {
      queryKey: ['model files', ws, name, version],
      queryFn: async () => {
        const path = { ws, name, version };
        return (await ok(api.GET('/api/v1/workspaces/{ws}/models/{name}/versions/{version}/files', { params: { path } }))).items;
      },
      staleTime: Infinity,
    };
    return {
      key: all.queryKey,
      list: async (folder) => entriesOf(await client.fetchQuery(all), folder),
      url: (path) => `/api/v1${to.version(ws, 'models', name, version)}/files/${path.split('/').map(encodeURIComponent).join('/')}`,
    };
  }, [client, ws, name, version]);
  return <FileBrowser title="Files" source={source} />;
}
