/** What differs in the code of two jobs, file by file. */
import { Badge, Group, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Problem, signed } from '../../api/client';
import { diffLines, hunks, type DiffLine } from '../../pure/diff';
import { Lines } from '../../parts/Diff';
import { Panel } from '../../parts/Panel';
import { Empty, Loaded } from '../../parts/States';
import { codeUrl } from '../job/queries';
import type { Row } from '../run/columns';

/** Larger files, and more of them, are told apart by their size alone. */
const MOST_BYTES = 300_000;
const MOST_FILES = 300;

interface Changed {
  path: string;
  kind: 'new' | 'gone' | 'changed';
  lines: (DiffLine | 'gap')[];
}

async function files(ws: string, job: string): Promise<Map<string, number> | undefined> {
  const response = await fetch(codeUrl(ws, job, '').replace(/\/$/, ''), { headers: signed() });
  if (response.status === 404) return undefined;
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw Problem.from(response.status, body);
  return new Map((body as { files: { path: string; size_bytes: number }[] }).files.map((file) => [file.path, file.size_bytes]));
}

async function text(ws: string, job: string, path: string): Promise<string> {
  const response = await fetch(codeUrl(ws, job, path), { headers: signed() });
  if (!response.ok) throw Problem.from(response.status, await response.json().catch(() => null));
  return response.text();
}

/** Nothing, where neither has code. */
async function changes(ws: string, before: string, after: string): Promise<Changed[] | undefined> {
  const [old, now] = await Promise.all([files(ws, before), files(ws, after)]);
  if ((old?.size ?? 0) + (now?.size ?? 0) === 0) return undefined;
  const paths = [...new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])])].sort();
  const found: Changed[] = [];
  for (const path of paths.slice(0, MOST_FILES)) {
    const [was, is] = [old?.get(path), now?.get(path)];
    const kind = was === undefined ? 'new' : is === undefined ? 'gone' : 'changed';
    if (Math.max(was ?? 0, is ?? 0) > MOST_BYTES) {
      if (was !== is) found.push({ path, kind, lines: [] });
      continue;
    }
    const [a, b] = await Promise.all([was === undefined ? '' : text(ws, before, path), is === undefined ? '' : text(ws, after, path)]);
    if (a === b && kind === 'changed') continue;
    found.push({ path, kind, lines: (a + b).includes('\u0000') ? [] : hunks(diffLines(a, b)) });
  }
  return found;
}

export function CodeDiff({ ws, rows }: { ws: string; rows: readonly Row[] }) {
  const [before, setBefore] = useState(rows[0]?.id ?? '');
  const [after, setAfter] = useState(rows[1]?.id ?? '');
  const query = useQuery({
    queryKey: ['code changes', ws, before, after],
    queryFn: async () => (await changes(ws, before, after)) ?? null,
    staleTime: Infinity,
  });
  const data = rows.map((row) => ({ value: row.id, label: row.name }));
  const commit = (id: string) => rows.find((row) => row.id === id)?.tags['mlflow.source.git.commit']?.slice(0, 8) ?? '–';
  return (
    <Panel title="Code" flush>
      <Group p="md" gap="sm">
        <Select size="xs" label={`From (commit ${commit(before)})`} data={data} value={before} onChange={(next) => setBefore(next ?? before)} allowDeselect={false} w={240} />
        <Select size="xs" label={`To (commit ${commit(after)})`} data={data} value={after} onChange={(next) => setAfter(next ?? after)} allowDeselect={false} w={240} />
      </Group>
      <Loaded query={query}>
        {(found) =>
          found === null ? (
            <Empty title="Neither has code here">Only jobs that were submitted with code keep it.</Empty>
          ) : found.length === 0 ? (
            <Empty title="Nothing differs" />
          ) : (
            found.map((file) => <OneFile key={file.path} file={file} />)
          )
        }
      </Loaded>
    </Panel>
  );
}

const COLOURS = { new: 'teal', gone: 'red', changed: 'blue' };

function OneFile({ file: { path, kind, lines } }: { file: Changed }) {
  return (
    <details open className="diff">
      <summary>
        <span className="mono">{path}</span>{' '}
        <Badge size="xs" variant="light" color={COLOURS[kind]}>
          {kind}
        </Badge>
      </summary>
      {lines.length === 0 ? <pre><div className="gap">too large, or bytes for programs</div></pre> : <Lines label={path} lines={lines} />}
    </details>
  );
}
