/** Bringing a file of this machine to a folder of a datastore, with word of how far it has come. */
import { Problem, token } from '../../api/client';

/** Where a file of this name comes to lie. */
export function placeOf(folder: string, name: string): string {
  const clean = folder.replace(/^\/+|\/+$/g, '');
  return clean === '' ? name : `${clean}/${name}`;
}

export function uploadUrl(ws: string, datastore: string, path: string, size: number, overwrite: boolean): string {
  const query = new URLSearchParams({ path, size_bytes: String(size), overwrite: String(overwrite) });
  return `/api/v1/workspaces/${encodeURIComponent(ws)}/datastores/${encodeURIComponent(datastore)}/uploads?${query.toString()}`;
}

/** Sends a file. `fetch` does not tell how far an upload has come, so this is the older way. */
export function send(url: string, file: File, told: (sent: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('PUT', url);
    request.setRequestHeader('content-type', 'application/octet-stream');
    const value = token.read();
    if (value !== null) request.setRequestHeader('authorization', `Bearer ${value}`);
    request.upload.onprogress = (event) => told(event.loaded);
    request.onload = () => {
      if (request.status < 300) return resolve();
      let said: unknown = null;
      try {
        said = JSON.parse(request.responseText);
      } catch {
        // What is no JSON says nothing more than its status.
      }
      reject(Problem.from(request.status, said));
    };
    request.onerror = () => reject(new Error('the connection broke'));
    request.send(file);
  });
}
