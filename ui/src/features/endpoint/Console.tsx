/** Sends a request to an endpoint from the page, and shows its answer. */
import { Badge, Button, Group, Select, Stack, Text, Textarea } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Failure } from '../../parts/States';
import { Panel } from '../../parts/Panel';
import { score, type Answered, type Deployment } from './queries';

const SHARED = 'by traffic';

export function Console({ ws, endpoint, deployments }: { ws: string; endpoint: string; deployments: readonly Deployment[] }) {
  const kept = `tidemill.console.${ws}.${endpoint}`;
  const [body, setBody] = useState(() => sessionStorage.getItem(kept) ?? '{"data": []}');
  const [deployment, choose] = useState(SHARED);
  const send = useMutation({
    mutationFn: () => score(ws, endpoint, deployment === SHARED ? null : deployment, body),
    onMutate: () => sessionStorage.setItem(kept, body),
  });
  return (
    <Panel title="Try it">
      <Stack gap="sm">
        <Textarea label="Request" value={body} onChange={(event) => setBody(event.currentTarget.value)} autosize minRows={4} maxRows={16} classNames={{ input: 'mono' }} spellCheck={false} />
        <Group gap="xs" align="flex-end">
          <Select label="Deployment" size="xs" w={200} data={[SHARED, ...deployments.map(({ name }) => name)]} value={deployment} onChange={(value) => choose(value ?? SHARED)} allowDeselect={false} />
          <Button size="xs" loading={send.isPending} onClick={() => send.mutate()}>Send</Button>
        </Group>
        {send.error !== null && <Failure error={send.error} />}
        {send.data !== undefined && <Answer answered={send.data} />}
      </Stack>
    </Panel>
  );
}

function Answer({ answered }: { answered: Answered }) {
  const { status, deployment, took, request, text } = answered;
  return (
    <div role="status" aria-label="Answer">
      <Group gap="xs" mb={6}>
        <Badge color={status < 300 ? 'teal' : 'red'} variant="light">{status}</Badge>
        {deployment !== null && <Text size="sm">{deployment}</Text>}
        <Text size="sm" c="dimmed">{`${took.toFixed(1)} ms`}</Text>
        {request !== null && <Text size="xs" c="dimmed" className="mono">{`request ${request}`}</Text>}
      </Group>
      <pre className="text" tabIndex={0} style={{ maxHeight: 320 }}>{pretty(text)}</pre>
    </div>
  );
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
