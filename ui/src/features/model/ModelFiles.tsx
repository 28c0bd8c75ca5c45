/** The files of a model version. */
import { useQuery } from '@tanstack/react-query';
import { api, ok } from '../../api/client';
import { to } from '../../pure/links';
import { Files } from '../../parts/Files';
import { Loaded } from '../../parts/States';

interface Props {
  ws: string;
  name: string;
  version: string;
}

export function ModelFiles({ ws, name, version }: Props) {
  const query = useQuery({
    queryKey: ['model files', ws, name, version],
    queryFn: async () => {
      const path = { ws, name, version };
      return (await ok(api.GET('/api/v1/workspaces/{ws}/models/{name}/versions/{version}/files', { params: { path } }))).items;
    },
    staleTime: Infinity,
  });
  const url = (path: string) => `/api/v1${to.version(ws, 'models', name, version)}/files/${path.split('/').map(encodeURIComponent).join('/')}`;
  return <Loaded query={query}>{(files) => <Files title="Files" files={files} url={url} />}</Loaded>;
}
