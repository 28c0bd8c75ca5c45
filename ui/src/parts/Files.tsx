/** Files with their folders, as links. */
import { Text, TextInput } from '@mantine/core';
import { IconFile, IconFolder } from '@tabler/icons-react';
import { useState } from 'react';
import { bytes, count } from '../pure/format';
import { openFile } from '../api/download';
import { Panel } from './Panel';
import { Empty } from './States';

export interface FileRow {
  path: string;
  size_bytes: number;
}

/** More than this are found by typing, not by scrolling. */
const MOST_ROWS = 500;

interface Props {
  title: string;
  files: readonly FileRow[];
  url: (path: string) => string;
  /** Folders that are looked into one at a time. */
  folders?: readonly string[];
  onFolder?: (path: string) => void;
}

export function Files({ title, files, url, folders = [], onFolder }: Props) {
  const [wanted, want] = useState('');
  const found = files.filter((file) => file.path.toLowerCase().includes(wanted.toLowerCase()));
  const size = files.reduce((sum, file) => sum + file.size_bytes, 0);
  return (
    <Panel
      title={title}
      flush
      aside={files.length > 8 ? <TextInput size="xs" w={180} placeholder="Find" aria-label="Find a file" value={wanted} onChange={(event) => want(event.currentTarget.value)} /> : undefined}
    >
      {found.length + folders.length === 0 ? (
        <Empty title={files.length === 0 ? 'No files' : 'No file with that name'} />
      ) : (
        <>
          <table className="table" aria-label={title}>
            <tbody>
              {folders.map((folder) => (
                <tr key={folder}>
                  <td colSpan={2}>
                    <button type="button" className="bare" onClick={() => onFolder?.(folder)}>
                      <IconFolder size={15} style={{ verticalAlign: '-2px', marginRight: 8, opacity: 0.6 }} />
                      {folder.slice(folder.lastIndexOf('/') + 1)}
                    </button>
                  </td>
                </tr>
              ))}
              {found.slice(0, MOST_ROWS).map((file) => (
                <tr key={file.path}>
                  <td style={{ overflowWrap: 'anywhere' }}>
                    <a className="row link" href={url(file.path)} target="_blank" rel="noreferrer" onClick={openFile}>
                      <IconFile size={15} style={{ verticalAlign: '-2px', marginRight: 8, opacity: 0.6 }} />
                      <span style={{ color: 'var(--faint)', fontWeight: 400 }}>{file.path.slice(0, file.path.lastIndexOf('/') + 1)}</span>
                      {file.path.slice(file.path.lastIndexOf('/') + 1)}
                    </a>
                  </td>
                  <td className="number nowrap">{bytes(file.size_bytes)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <Text size="xs" c="dimmed" px="md" py="xs" style={{ borderTop: '1px solid var(--edge)' }}>
            {found.length > MOST_ROWS ? `The first ${MOST_ROWS} of ${count(found.length, 'file')}` : count(found.length, 'file')} · {bytes(size)} in all
          </Text>
        </>
      )}
    </Panel>
  );
}
