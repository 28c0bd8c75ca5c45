/** What can be done with a job in its state. */
import { ActionIcon, Button, Group, Menu, Modal, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconArchive, IconArrowRight, IconDots, IconPencil, IconPlayerPlay, IconPlayerStop, IconRepeat, IconRestore } from '@tabler/icons-react';
import { isOver } from '../../parts/Status';
import { Rename } from '../../parts/Rename';
import { useChange } from '../../parts/useChange';
import { patchJob, useAction, type Job } from './queries';
import { useRunAgain } from './useRunAgain';

/** Of a larger pipeline, a step is run again from its own page. */
const MOST_STEPS = 12;

export function JobActions({ ws, job }: { ws: string; job: Job }) {
  const act = useAction(ws, job.name);
  const runAgain = useRunAgain(ws, job);
  const [asking, ask] = useDisclosure(false);
  const [naming, name] = useDisclosure(false);
  const rename = useChange<string>({ change: (display_name) => patchJob(ws, job.name, { display_name }), stale: [['job', ws, job.name], ['run', ws, job.name], ['jobs', ws]] });
  const over = isOver(job.status);
  const again = over && job.status !== 'Completed' && job.parent === null;
  const pipeline = job.type === 'pipeline';
  return (
    <Group gap="xs">
      {!over && (
        <Button
          size="sm" variant="light" color="red" leftSection={<IconPlayerStop size={16} />}
          disabled={job.status === 'CancelRequested'} loading={act.isPending} onClick={ask.open}
        >
          Cancel
        </Button>
      )}
      {again && (
        <Button size="sm" leftSection={<IconPlayerPlay size={16} />} loading={act.isPending} onClick={() => act.mutate(pipeline ? 'resume' : 'retry')}>
          {pipeline ? 'Resume' : 'Retry'}
        </Button>
      )}
      {(job.parent === null || over) && (
        <Menu position="bottom-end" width={200}>
          <Menu.Target>
            <ActionIcon size={36} variant="default" aria-label="More actions">
              <IconDots size={18} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            {job.parent === null && (
              <Menu.Item leftSection={<IconRepeat size={16} />} onClick={() => runAgain.mutate(undefined)}>
                Run again
              </Menu.Item>
            )}
            {pipeline && job.parent === null && job.steps.length > 1 && (
              <>
                <Menu.Label>Run again from</Menu.Label>
                {job.steps.slice(0, MOST_STEPS).map(({ node }) => (
                  <Menu.Item key={node} leftSection={<IconArrowRight size={16} />} onClick={() => runAgain.mutate(node)}>
                    {node}
                  </Menu.Item>
                ))}
                <Menu.Divider />
              </>
            )}
            {job.parent != null && job.node != null && (
              <Menu.Item leftSection={<IconRepeat size={16} />} onClick={() => runAgain.mutate(job.node ?? undefined)}>
                Run again from here
              </Menu.Item>
            )}
            {job.parent === null && (
              <Menu.Item leftSection={<IconPencil size={16} />} onClick={name.open}>
                Rename
              </Menu.Item>
            )}
            {job.parent === null && (job.archived ? (
              <Menu.Item leftSection={<IconRestore size={16} />} onClick={() => act.mutate('restore')}>
                Restore
              </Menu.Item>
            ) : (
              <Menu.Item leftSection={<IconArchive size={16} />} disabled={!over} onClick={() => act.mutate('archive')}>
                Archive
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
      {naming && <Rename opened onClose={name.close} name={job.display_name ?? job.name} onSave={(text) => rename.mutate(text)} />}
      <Modal opened={asking} onClose={ask.close} title={`Cancel ${job.display_name ?? job.name}?`} centered>
        <Text size="sm">{pipeline ? 'Steps that run are stopped; those that completed stay.' : 'Its command is stopped. What it has written stays.'}</Text>
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={ask.close}>
            Let it run
          </Button>
          <Button
            color="red"
            onClick={() => {
              ask.close();
              act.mutate('cancel');
            }}
          >
            Cancel it
          </Button>
        </Group>
      </Modal>
    </Group>
  );
}
