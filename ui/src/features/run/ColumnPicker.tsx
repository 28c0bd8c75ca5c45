/** Chooses the columns of the table of runs among all that the runs have. */
import { Button, Checkbox, Group, Popover, ScrollArea, Stack, Text, TextInput } from '@mantine/core';
import { IconColumns3 } from '@tabler/icons-react';
import { useState } from 'react';
import { ATTRIBUTES, type Keys } from './columns';

interface Props {
  keys: Keys;
  shown: readonly string[];
  /** Nothing for the usual ones. */
  onChange: (columns: string[] | undefined) => void;
}

export function ColumnPicker({ keys, shown, onChange }: Props) {
  const [wanted, want] = useState('');
  const groups = [
    { title: 'Metrics', ids: keys.metrics.map((key) => `metrics.${key}`) },
    { title: 'Parameters', ids: keys.params.map((key) => `params.${key}`) },
    { title: 'Tags', ids: keys.tags.map((key) => `tags.${key}`) },
    { title: 'Run', ids: Object.keys(ATTRIBUTES).map((key) => `attributes.${key}`) },
  ];
  const label = (id: string) => {
    const key = id.slice(id.indexOf('.') + 1);
    return id.startsWith('attributes.') ? ATTRIBUTES[key as keyof typeof ATTRIBUTES] : key;
  };
  const toggle = (id: string) => onChange(shown.includes(id) ? shown.filter((each) => each !== id) : [...shown, id]);
  return (
    <Popover position="bottom-end" width={300} trapFocus shadow="md">
      <Popover.Target>
        <Button size="sm" variant="default" leftSection={<IconColumns3 size={16} />}>
          Columns
        </Button>
      </Popover.Target>
      <Popover.Dropdown p="sm">
        <TextInput size="xs" placeholder="Find a column" aria-label="Find a column" data-autofocus value={wanted} onChange={(event) => want(event.currentTarget.value)} mb="xs" />
        <ScrollArea.Autosize mah={340} offsetScrollbars type="auto">
          <Stack gap="sm">
            {groups.map(({ title, ids }) => {
              const found = ids.filter((id) => label(id).toLowerCase().includes(wanted.toLowerCase())).slice(0, 200);
              return found.length === 0 ? null : (
                <Stack key={title} gap={6} role="group" aria-label={title}>
                  <Text size="xs" c="dimmed" fw={600}>
                    {title}
                  </Text>
                  {found.map((id) => (
                    <Checkbox key={id} size="xs" label={label(id)} checked={shown.includes(id)} onChange={() => toggle(id)} styles={{ label: { overflowWrap: 'anywhere' } }} />
                  ))}
                </Stack>
              );
            })}
          </Stack>
        </ScrollArea.Autosize>
        <Group justify="flex-end" mt="xs">
          <Button size="compact-xs" variant="subtle" onClick={() => onChange(undefined)}>
            The usual ones
          </Button>
        </Group>
      </Popover.Dropdown>
    </Popover>
  );
}
