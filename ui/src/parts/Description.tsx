/** What people say of something, in Markdown, and can change here. */
import { Button, Group, Text, Textarea } from '@mantine/core';
import { IconPencil } from '@tabler/icons-react';
import { lazy, Suspense, useState } from 'react';
import { Panel } from './Panel';
import { Loading } from './States';

const Markdown = lazy(() => import('./Markdown'));

interface Props {
  text: string;
  /** Without it, it is only shown. */
  onSave?: (text: string) => Promise<unknown>;
}

export function Description({ text, onSave }: Props) {
  const [draft, write] = useState<string>();
  const save = () => {
    // What is refused stays as it was typed.
    if (draft !== undefined) onSave?.(draft).then(() => write(undefined), () => undefined);
  };
  if (draft === undefined && text === '') {
    return onSave === undefined ? null : (
      <Button variant="subtle" color="gray" size="compact-sm" leftSection={<IconPencil size={14} />} onClick={() => write('')} className="quiet" style={{ alignSelf: 'flex-start' }}>
        Describe it
      </Button>
    );
  }
  return (
    <Panel
      title="Description"
      aside={
        draft === undefined && onSave !== undefined ? (
          <Button size="compact-xs" variant="subtle" color="gray" leftSection={<IconPencil size={13} />} onClick={() => write(text)}>
            Edit
          </Button>
        ) : undefined
      }
    >
      {draft === undefined ? (
        <Suspense fallback={<Loading lines={2} />}>
          <Markdown text={text} />
        </Suspense>
      ) : (
        <>
          <Textarea
            aria-label="Description" autosize minRows={4} maxRows={24} autoFocus value={draft} onChange={(event) => write(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) save();
              if (event.key === 'Escape') write(undefined);
            }}
          />
          <Group justify="space-between" mt="sm">
            <Text size="xs" c="dimmed">
              Markdown. Ctrl+Enter saves.
            </Text>
            <Group gap="xs">
              <Button size="xs" variant="default" onClick={() => write(undefined)}>
                Leave it
              </Button>
              <Button size="xs" onClick={save}>
                Save
              </Button>
            </Group>
          </Group>
        </>
      )}
    </Panel>
  );
}
