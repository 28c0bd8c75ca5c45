/** Views that were saved: filter, order and columns under a name. They are tags of the workspace's first experiment, so that all share them. */
import { ActionIcon, Button, Group, Menu, Modal, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { IconBookmark, IconTrash } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { deleteExperimentTag, getExperiment, setExperimentTag } from '../../api/mlflow';
import type { RunListSearch } from './queries';

/** Each workspace has it from its first day on. */
const HOME = '0';
const PREFIX = 'tidemill.view.';

export function Views({ ws, now, onChoose }: { ws: string; now: RunListSearch; onChoose: (view: RunListSearch) => void }) {
  const client = useQueryClient();
  const [asking, ask] = useDisclosure(false);
  const [name, setName] = useState('');
  const key = ['views', ws];
  const views = useQuery({
    queryKey: key,
    queryFn: async () => {
      const { tags = [] } = await getExperiment(ws, HOME);
      return tags.filter((tag) => tag.key.startsWith(PREFIX)).map((tag) => ({ name: tag.key.slice(PREFIX.length), view: parse(tag.value) }));
    },
    staleTime: 30_000,
  });
  const change = useMutation({
    mutationFn: async ({ view, remove }: { view: string; remove?: boolean }) => {
      if (remove === true) await deleteExperimentTag(ws, HOME, PREFIX + view);
      else await setExperimentTag(ws, HOME, PREFIX + view, JSON.stringify(now));
    },
    onSuccess: (_, { view, remove }) => {
      void client.invalidateQueries({ queryKey: key });
      notifications.show({ message: remove === true ? `The view ${view} is gone` : `The view ${view} is saved` });
    },
    onError: (error) => notifications.show({ color: 'red', title: 'That did not work', message: error.message }),
  });
  const all = views.data ?? [];
  return (
    <>
      <Menu position="bottom-end" width={240}>
        <Menu.Target>
          <Button size="sm" variant="default" leftSection={<IconBookmark size={16} />}>
            Views
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {all.map(({ name: each, view }) => (
            <Group key={each} gap={0} wrap="nowrap">
              <Menu.Item style={{ flex: 1 }} onClick={() => onChoose(view)}>
                {each}
              </Menu.Item>
              <ActionIcon variant="subtle" color="gray" aria-label={`Remove the view ${each}`} onClick={() => change.mutate({ view: each, remove: true })}>
                <IconTrash size={15} />
              </ActionIcon>
            </Group>
          ))}
          {all.length > 0 && <Menu.Divider />}
          <Menu.Item onClick={() => onChoose({})}>All runs</Menu.Item>
          <Menu.Item onClick={ask.open}>Save this view …</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal opened={asking} onClose={ask.close} title="Save this view" centered>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            ask.close();
            change.mutate({ view: name.trim() });
          }}
        >
          <TextInput label="Name" data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} maxLength={100} />
          <Text size="xs" c="dimmed" mt={6}>
            Filter, order and columns, for everyone in this workspace.
          </Text>
          <Group justify="flex-end" mt="md">
            <Button type="submit" disabled={name.trim() === ''}>
              Save
            </Button>
          </Group>
        </form>
      </Modal>
    </>
  );
}

function parse(text: string): RunListSearch {
  try {
    const said: unknown = JSON.parse(text);
    return typeof said === 'object' && said !== null ? (said as RunListSearch) : {};
  } catch {
    return {};
  }
}
