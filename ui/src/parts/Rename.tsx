/** Gives a thing another name that people see. */
import { Button, Group, Modal, TextInput } from '@mantine/core';
import { useState } from 'react';

interface Props {
  opened: boolean;
  onClose: () => void;
  name: string;
  onSave: (name: string) => void;
}

export function Rename({ opened, onClose, name, onSave }: Props) {
  const [text, write] = useState(name);
  const next = text.trim();
  return (
    <Modal opened={opened} onClose={onClose} title={`Rename ${name}`} centered>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onClose();
          if (next !== name) onSave(next);
        }}
      >
        <TextInput label="Name" data-autofocus value={text} onChange={(event) => write(event.currentTarget.value)} maxLength={250} />
        <Group justify="flex-end" mt="md">
          <Button type="submit" disabled={next === ''}>
            Rename
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
