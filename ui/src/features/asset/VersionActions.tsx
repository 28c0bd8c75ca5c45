/** What can be done with a version: labels it stands under, hide it or show it again. */
import { ActionIcon, Button, Group, Menu, Modal, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconArchive, IconDots, IconRestore, IconTag, IconTagOff } from '@tabler/icons-react';
import { useState } from 'react';
import { api, ok } from '../../api/client';
import type { AssetKind } from '../../pure/links';
import { useChange } from '../../parts/useChange';
import { label as labelPath, version as versionPath, type Version } from './queries';
import { WORDS } from './words';

export function VersionActions({ ws, kind, found }: { ws: string; kind: AssetKind; found: Version }) {
  const { name, version, archived } = found;
  const [asking, ask] = useDisclosure(false);
  const [label, setLabel] = useState('');
  const stale = [['version', ws, kind, name], ['versions', ws, kind, name], ['asset', ws, kind, name], ['assets', ws, kind], ['model history', ws, name]];
  const set = useChange<string>({
    change: (text) => ok(api.PUT(labelPath(kind), { params: { path: { ws, name, label: text } }, body: { version } })), stale, done: (text) => `${text} names version ${version}`,
  });
  const unset = useChange<string>({
    change: (text) => ok(api.DELETE(labelPath(kind), { params: { path: { ws, name, label: text } } })), stale, done: (text) => `${text} names no version`,
  });
  const hide = useChange<'archive' | 'restore'>({
    change: (action) => ok(api.POST(versionPath(kind), { params: { path: { ws, name, version: `${version}:${action}` } } })), stale,
    done: (action) => (action === 'archive' ? 'The version is archived' : 'The version is shown again'),
  });
  const word = kind === 'models' ? 'alias' : 'label';
  return (
    <Group gap="xs">
      <Button size="sm" variant="default" leftSection={<IconTag size={16} />} onClick={ask.open}>
        Set {word}
      </Button>
      <Menu position="bottom-end" width={220}>
        <Menu.Target>
          <ActionIcon size={36} variant="default" aria-label="More actions">
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {found.labels.filter((each) => each !== 'latest').map((each) => (
            <Menu.Item key={each} leftSection={<IconTagOff size={16} />} onClick={() => unset.mutate(each)}>
              Take {each} away
            </Menu.Item>
          ))}
          <Menu.Item leftSection={archived ? <IconRestore size={16} /> : <IconArchive size={16} />} onClick={() => hide.mutate(archived ? 'restore' : 'archive')}>
            {archived ? 'Restore' : 'Archive'}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal opened={asking} onClose={ask.close} title={`Let ${word === 'alias' ? 'an alias' : 'a label'} name version ${version}`} centered>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            ask.close();
            set.mutate(label.trim());
          }}
        >
          <TextInput label={word === 'alias' ? 'Alias' : 'Label'} description={`If it names another version of this ${WORDS[kind].noun}, it names this one from now on.`} data-autofocus value={label} onChange={(event) => setLabel(event.currentTarget.value)} />
          <Group justify="flex-end" mt="md">
            <Button type="submit" disabled={label.trim() === ''}>
              Set
            </Button>
          </Group>
        </form>
      </Modal>
    </Group>
  );
}
