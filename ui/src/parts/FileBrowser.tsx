/** Files folder by folder at the left, and what the chosen one shows at the right. The choice is in the address. */
import { Text } from '@mantine/core';
import { IconChevronDown, IconChevronRight, IconFile, IconFolder } from '@tabler/icons-react';
import { queryOptions, useQuery, type QueryKey } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { bytes } from '../pure/format';
import { Panel } from './Panel';
import { Preview } from './Preview';
import { Empty, Failure, Loaded } from './States';

export interface Entry {
  path: string;
  folder: boolean;
  size: number;
}

export interface FileSource {
  key: QueryKey;
  list: (folder: string) => Promise<Entry[]>;
  url: (path: string) => string;
  /** How often it is looked at again, in milliseconds. */
  again?: number;
}

/** What is right in a folder, of a list of all files. */
export function entriesOf(files: readonly { path: string; size_bytes: number }[], folder: string): Entry[] {
  const within = folder === '' ? '' : `${folder}/`;
  const found = new Map<string, Entry>();
  for (const { path, size_bytes } of files) {
    if (!path.startsWith(within)) continue;
    const rest = path.slice(within.length);
    const cut = rest.indexOf('/');
    const entry = cut < 0 ? { path, folder: false, size: size_bytes } : { path: within + rest.slice(0, cut), folder: true, size: 0 };
    found.set(entry.path, entry);
  }
  return [...found.values()];
}

const contentQuery = (source: FileSource, folder: string) =>
  queryOptions({ queryKey: ['folder', ...source.key, folder], queryFn: () => source.list(folder), refetchInterval: source.again ?? false });

interface Props {
  title: string;
  source: FileSource;
  none?: ReactNode;
  /** What can be done with what a folder holds. */
  actions?: (folder: string, entries: readonly Entry[]) => ReactNode;
}

export function FileBrowser({ title, source, none, actions }: Props) {
  const { file } = useSearch({ strict: false }) as { file?: string };
  const navigate = useNavigate();
  const choose = (path: string) => void navigate({ to: '.', search: ((before: object) => ({ ...before, file: path })) as never, replace: true });
  const top = useQuery(contentQuery(source, ''));
  const parent = file === undefined ? '' : file.slice(0, Math.max(0, file.lastIndexOf('/')));
  const beside = useQuery({ ...contentQuery(source, parent), enabled: file !== undefined });
  const only = top.data?.length === 1 && top.data[0]?.folder === false ? top.data[0] : undefined;
  const chosen = file === undefined ? only : beside.data?.find((entry) => entry.path === file && !entry.folder);
  return (
    <Panel title={title} flush>
      <Loaded query={top} lines={5}>
        {(entries) =>
          entries.length === 0 ? (
            <Empty title="No files">{none}</Empty>
          ) : (
            <div className="files">
              <nav aria-label={title} className="file-tree">
                {actions?.('', entries)}
                <Folder source={source} folder="" chosen={chosen?.path} onChoose={choose} actions={actions} />
              </nav>
              <div className="file-view">
                {chosen !== undefined ? (
                  <Preview key={chosen.path} path={chosen.path} size={chosen.size} url={source.url(chosen.path)} />
                ) : file !== undefined && beside.data !== undefined ? (
                  <Empty title="There is no such file">{file}</Empty>
                ) : file !== undefined && beside.error !== null ? (
                  <Failure error={beside.error} />
                ) : (
                  <Empty title="Choose a file to look into it" />
                )}
              </div>
            </div>
          )
        }
      </Loaded>
    </Panel>
  );
}

interface FolderProps {
  source: FileSource;
  folder: string;
  chosen: string | undefined;
  onChoose: (path: string) => void;
  actions: Props['actions'];
}

/** So many folders are opened by themselves. */
const FEW = 3;
/** More than this in one folder is not listed. */
const MOST = 1000;

function Folder({ source, folder, chosen, onChoose, actions }: FolderProps) {
  const query = useQuery(contentQuery(source, folder));
  const sorted = [...(query.data ?? [])].sort((a, b) => Number(b.folder) - Number(a.folder) || a.path.localeCompare(b.path, undefined, { numeric: true }));
  const folders = sorted.filter((entry) => entry.folder).length;
  return (
    <ul>
      {query.error !== null && <li><Failure error={query.error} /></li>}
      {sorted.slice(0, MOST).map((entry) =>
        entry.folder ? (
          <Inner key={entry.path} entry={entry} start={folder === '' && folders <= FEW} source={source} chosen={chosen} onChoose={onChoose} actions={actions} />
        ) : (
          <li key={entry.path}>
            <button type="button" className={entry.path === chosen ? 'file chosen' : 'file'} aria-current={entry.path === chosen ? 'true' : undefined} onClick={() => onChoose(entry.path)}>
              <IconFile size={15} aria-hidden />
              <span>{entry.path.slice(entry.path.lastIndexOf('/') + 1)}</span>
              <small>{bytes(entry.size)}</small>
            </button>
          </li>
        ),
      )}
      {sorted.length > MOST && (
        <li>
          <Text size="xs" c="dimmed" px="sm">
            and {(sorted.length - MOST).toLocaleString('en-US')} more
          </Text>
        </li>
      )}
    </ul>
  );
}

function Inner({ entry, start, source, chosen, onChoose, actions }: { entry: Entry; start: boolean } & Omit<FolderProps, 'folder'>) {
  const [opened, open] = useState(start || chosen?.startsWith(`${entry.path}/`) === true);
  const inside = useQuery({ ...contentQuery(source, entry.path), enabled: opened });
  return (
    <li>
      <button type="button" className="file" aria-expanded={opened} onClick={() => open(!opened)}>
        {opened ? <IconChevronDown size={14} aria-hidden /> : <IconChevronRight size={14} aria-hidden />}
        <IconFolder size={15} aria-hidden />
        <span>{entry.path.slice(entry.path.lastIndexOf('/') + 1)}</span>
      </button>
      {opened && inside.data !== undefined && actions?.(entry.path, inside.data)}
      {opened && <Folder source={source} folder={entry.path} chosen={chosen} onChoose={onChoose} actions={actions} />}
    </li>
  );
}
