/** Logs as they come, with search. */
import { ActionIcon, Anchor, Group, Select, Switch, Text, TextInput, Tooltip } from '@mantine/core';
import { IconArrowBarToDown, IconSearch } from '@tabler/icons-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { openFile } from '../../api/download';
import { count } from '../../pure/format';
import { Empty, Failure, Loading } from '../../parts/States';
import { Panel } from '../../parts/Panel';
import { findLines, logLines } from './logs';
import { jobFileUrl } from './queries';
import { useLogs } from './useLogs';

/** More lines than this are not drawn; searching looks at all. */
const MOST_LINES = 5000;

interface Props {
  ws: string;
  name: string;
  attempt: number;
}

export function LogView({ ws, name, attempt }: Props) {
  const { logs, progress, state, error } = useLogs(ws, name, attempt);
  const [chosen, choose] = useState<string | null>(null);
  const [wanted, want] = useState('');
  const [following, setFollowing] = useState(true);
  const holder = useRef<HTMLDivElement>(null);
  const keys = Object.keys(logs);
  const usual = keys.find((key) => key.endsWith('std_log.txt')) ?? keys[0];
  const key = chosen !== null && logs[chosen] !== undefined ? chosen : usual;
  const file = key === undefined ? undefined : logs[key];
  const lines = useMemo(() => logLines(file?.text ?? ''), [file?.text]);
  const found = useMemo(() => findLines(lines, wanted), [lines, wanted]);
  const drawn = found.slice(-MOST_LINES);
  useEffect(() => {
    if (following && holder.current !== null) holder.current.scrollTop = holder.current.scrollHeight;
  }, [found, following]);

  const aside = (
    <Text size="xs" c="dimmed" role="status">
      {state === 'live' ? (progress ?? 'Live') : state === 'ended' ? 'Ended' : 'Connecting'}
    </Text>
  );
  return (
    <Panel title="Logs" flush aside={aside}>
      {file === undefined ? (
        error !== undefined ? (
          <Failure error={error} />
        ) : state === 'connecting' ? (
          <Loading />
        ) : (
          <Empty title="No logs yet">{progress ?? 'Lines appear here as the job writes them.'}</Empty>
        )
      ) : (
        <>
          <Group p="xs" px="md" gap="xs">
            {keys.length > 1 && (
              <Select
                aria-label="Log file"
                size="xs"
                w={{ base: '100%', xs: 320 }}
                data={keys.map((each) => ({ value: each, label: logs[each]?.label ?? each }))}
                value={key}
                onChange={choose}
                allowDeselect={false}
                comboboxProps={{ width: 'max-content', position: 'bottom-start' }}
              />
            )}
            <TextInput
              aria-label="Find in the log"
              placeholder="Find"
              size="xs"
              flex={1}
              miw={120}
              leftSection={<IconSearch size={14} />}
              value={wanted}
              onChange={(event) => want(event.currentTarget.value)}
            />
            <Text size="xs" c="dimmed" aria-live="polite">
              {wanted === '' ? count(lines.length, 'line') : `${found.length.toLocaleString('en-US')} of ${count(lines.length, 'line')}`}
            </Text>
            <Switch size="xs" label="Follow" checked={following} onChange={(event) => setFollowing(event.currentTarget.checked)} />
            <Tooltip label="Open the whole file">
              <ActionIcon
                component="a"
                href={jobFileUrl(ws, file.job, file.file)}
                target="_blank"
                rel="noreferrer"
                onClick={openFile}
                variant="subtle"
                color="gray"
                aria-label="Open the whole file"
              >
                <IconArrowBarToDown size={16} />
              </ActionIcon>
            </Tooltip>
          </Group>
          {found.length > drawn.length && (
            <Text size="xs" c="dimmed" px="md" pb={4}>
              The last {count(drawn.length, 'line')}; <Anchor size="xs" href={jobFileUrl(ws, file.job, file.file)} onClick={openFile}>the file</Anchor> has all.
            </Text>
          )}
          <div
            className="log"
            ref={holder}
            tabIndex={0}
            role="log"
            aria-live="off"
            aria-label={file.label}
            onWheel={(event) => event.deltaY < 0 && setFollowing(false)}
          >
            {drawn.map((line) => (
              <div key={line.number}>
                <i>{line.number}</i>
                <span>{marked(line.text, wanted)}</span>
              </div>
            ))}
          </div>
        </>
      )}
    </Panel>
  );
}

function marked(text: string, wanted: string) {
  const at = wanted === '' ? -1 : text.toLowerCase().indexOf(wanted.toLowerCase());
  if (at < 0) return text;
  return (
    <>
      {text.slice(0, at)}
      <mark>{text.slice(at, at + wanted.length)}</mark>
      {text.slice(at + wanted.length)}
    </>
  );
}
