/** Tags that people set, and can change here. */
import { ActionIcon, Anchor, Button, Group, Text, TextInput, Tooltip } from '@mantine/core';
import { IconExternalLink, IconPencil, IconPlus, IconTrash } from '@tabler/icons-react';
import { useState, type FormEvent } from 'react';
import { Panel } from './Panel';

interface Props {
  tags: readonly (readonly [string, string])[];
  /** Without these, they are only shown. */
  onSet?: (key: string, value: string) => Promise<unknown>;
  onRemove?: (key: string) => Promise<unknown>;
  /** Where a tag leads to. */
  linkOf?: (key: string, value: string) => string | undefined;
}

export function Tags({ tags, onSet, onRemove, linkOf }: Props) {
  const [edited, edit] = useState<string>();
  const [key, setKey] = useState('');
  const [value, setValue] = useState('');
  const start = (which: string, text: string) => {
    edit(which);
    setKey(which);
    setValue(text);
  };
  const save = (event: FormEvent) => {
    event.preventDefault();
    // What is refused stays as it was typed.
    onSet?.(key.trim(), value).then(() => edit(undefined), () => undefined);
  };
  const form = (
    <form onSubmit={save} onKeyDown={(event) => event.key === 'Escape' && edit(undefined)}>
      <Group gap="xs" p="xs" px="md" wrap="nowrap">
        <TextInput size="xs" aria-label="Key" placeholder="key" value={key} disabled={edited !== ''} onChange={(event) => setKey(event.currentTarget.value)} data-autofocus autoFocus={edited === ''} flex={1} />
        <TextInput size="xs" aria-label="Value" placeholder="value" value={value} onChange={(event) => setValue(event.currentTarget.value)} autoFocus={edited !== ''} flex={2} />
        <Button size="xs" type="submit" disabled={key.trim() === ''}>
          Save
        </Button>
      </Group>
    </form>
  );
  return (
    <Panel
      title="Tags" flush
      aside={
        onSet !== undefined && (
          <Tooltip label="Add a tag">
            <ActionIcon size="sm" variant="subtle" color="gray" aria-label="Add a tag" onClick={() => start('', '')}>
              <IconPlus size={15} />
            </ActionIcon>
          </Tooltip>
        )
      }
    >
      {tags.length === 0 && edited === undefined && (
        <Text size="sm" c="dimmed" px="md" py="sm">
          None
        </Text>
      )}
      {tags.length > 0 && (
        <table className="table" aria-label="Tags">
          <tbody>
            {tags.map(([name, text]) =>
              edited === name ? (
                <tr key={name}>
                  <td colSpan={3} style={{ padding: 0 }}>{form}</td>
                </tr>
              ) : (
                <tr key={name} className="edited">
                  <td className="port key" title={name}>{name}</td>
                  <td style={{ width: '100%', overflowWrap: 'anywhere' }}><Value text={text} link={linkOf?.(name, text)} /></td>
                  <td className="nowrap">
                    {onSet !== undefined && (
                      <ActionIcon size="sm" variant="subtle" color="gray" aria-label={`Change the tag ${name}`} onClick={() => start(name, text)}>
                        <IconPencil size={14} />
                      </ActionIcon>
                    )}
                    {onRemove !== undefined && (
                      <ActionIcon size="sm" variant="subtle" color="gray" aria-label={`Remove the tag ${name}`} onClick={() => void onRemove(name).catch(() => undefined)}>
                        <IconTrash size={14} />
                      </ActionIcon>
                    )}
                  </td>
                </tr>
              ),
            )}
          </tbody>
        </table>
      )}
      {edited === '' && form}
    </Panel>
  );
}

function Value({ text, link }: { text: string; link: string | undefined }) {
  if (link === undefined) return <>{text}</>;
  return (
    <Anchor href={link} target="_blank" rel="noopener noreferrer" size="sm">
      {text} <IconExternalLink size={13} aria-hidden />
    </Anchor>
  );
}
