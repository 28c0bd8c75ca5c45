/** The artifacts of a run, folder by folder: the whole of them may be large. A folder that holds a model can be registered. */
import { useMemo } from 'react';
import { artifactUrl, listArtifacts, registerModel } from '../../api/mlflow';
import { FileBrowser, type FileSource } from '../../parts/FileBrowser';
import { Register } from '../model/Register';

export function Artifacts({ ws, id, live }: { ws: string; id: string; live: boolean }) {
  const source = useMemo(
    (): FileSource => ({
      key: ['artifacts', ws, id],
      list: async (folder) => (await listArtifacts(ws, id, folder)).map((entry) => ({ path: entry.path, folder: entry.is_dir, size: entry.file_size ?? 0 })),
      url: (path) => artifactUrl(ws, id, path),
      again: live ? 5000 : undefined,
    }),
    [ws, id, live],
  );
  return (
    <FileBrowser
      title="Artifacts" source={source} none="What is logged with mlflow.log_artifact is here."
      actions={(folder, entries) =>
        folder !== '' && entries.some((entry) => entry.path === `${folder}/MLmodel`) ? (
          <div style={{ padding: '4px 9px 6px' }}>
            <Register ws={ws} what={folder} register={(name) => registerModel(ws, name, `runs:/${id}/${folder}`, id)} />
          </div>
        ) : null
      }
    />
  );
}
