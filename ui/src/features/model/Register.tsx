/** Registers what a run made as a version of a model. */
import { Autocomplete, Button, Group, Modal, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { IconBox } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { to } from '../../pure/links';
import { assetsQuery } from '../asset/queries';

interface Props {
  ws: string;
  /** What becomes the version, as people call it. */
  what: string;
  /** Makes the version and answers with its number. */
  register: (name: string) => Promise<string>;
  size?: 'compact-xs' | 'sm';
}

export function Register({ ws, what, register, size = 'compact-xs' }: Props) {
  const [asking, ask] = useDisclosure(false);
  const [name, setName] = useState('');
  const models = useQuery({ ...assetsQuery(ws, 'models'), enabled: asking, refetchInterval: false });
  const client = useQueryClient();
  const navigate = useNavigate();
  const act = useMutation({
    mutationFn: () => register(name.trim()),
    onSuccess: (version) => {
      ask.close();
      void client.invalidateQueries({ queryKey: ['assets', ws] });
      notifications.show({ message: `${what} is version ${version} of ${name.trim()}` });
      void navigate({ to: to.version(ws, 'models', name.trim(), version) as '/' });
    },
    onError: (error) => notifications.show({ color: 'red', title: 'That did not work', message: error.message }),
  });
  return (
    <>
      <Button size={size} variant="default" leftSection={<IconBox size={14} />} onClick={ask.open}>
        Register model
      </Button>
      <Modal opened={asking} onClose={ask.close} title={`Register ${what}`} centered>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            act.mutate();
          }}
        >
          <Autocomplete label="Model" description="One that is there gets a new version." data-autofocus data={(models.data ?? []).map((model) => model.name)} value={name} onChange={setName} />
          <Text size="xs" c="dimmed" mt={6}>
            A version never changes.
          </Text>
          <Group justify="flex-end" mt="md">
            <Button type="submit" disabled={name.trim() === ''} loading={act.isPending}>
              Register
            </Button>
          </Group>
        </form>
      </Modal>
    </>
  );
}
