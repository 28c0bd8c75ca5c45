/** What a page shows before it has something, when there is nothing, and when something went wrong. */
import { Alert, Box, Button, Group, PasswordInput, Skeleton, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconKey } from '@tabler/icons-react';
import type { UseQueryResult } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { Problem, token } from '../api/client';

export function Loading({ lines = 4 }: { lines?: number }) {
  return (
    <Stack gap="sm" p="md" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, at) => (
        <Skeleton key={at} height={14} radius="sm" width={`${92 - ((at * 17) % 40)}%`} />
      ))}
    </Stack>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <Box py="xl" px="md" ta="center">
      <Text fw={550}>{title}</Text>
      {children !== undefined && (
        <Text c="dimmed" size="sm" component="div" mt={4} maw={520} mx="auto">
          {children}
        </Text>
      )}
    </Box>
  );
}

export function Failure({ error, again }: { error: Error; again?: () => void }) {
  if (error instanceof Problem && error.status === 401) return <SignIn reason={error} />;
  const unreachable = error instanceof TypeError;
  return (
    <Alert color="red" icon={<IconAlertTriangle size={18} />} m="md" title={unreachable ? 'The server cannot be reached' : error.message}>
      <Stack gap="xs" align="flex-start">
        {unreachable && <Text size="sm">It is stopped, or the network is gone. This page goes on by itself once it is back.</Text>}
        {error instanceof Problem && error.hint !== undefined && <Text size="sm">{error.hint}</Text>}
        {error instanceof Problem && error.request !== undefined && (
          <Text size="xs" c="dimmed" className="mono">
            request {error.request}
          </Text>
        )}
        {again !== undefined && (
          <Button size="xs" variant="default" onClick={again}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

/** Asks for a token, which stays in this browser. */
function SignIn({ reason }: { reason: Problem }) {
  const [text, setText] = useState('');
  const enter = () => {
    token.write(text.trim());
    window.location.reload();
  };
  return (
    <Box p="lg" maw={480} mx="auto">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          enter();
        }}
      >
        <Stack gap="sm">
          <Text fw={600}>Sign in</Text>
          <Text size="sm" c="dimmed">
            {token.read() === null ? 'This server asks everyone for a token.' : reason.message} The owner's is in the file that the
            server named when it started.
          </Text>
          <Group gap="xs" align="flex-end">
            <PasswordInput
              style={{ flex: 1 }}
              label="Token"
              leftSection={<IconKey size={16} />}
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
            />
            <Button type="submit" disabled={text.trim() === ''}>
              Sign in
            </Button>
          </Group>
        </Stack>
      </form>
    </Box>
  );
}

interface LoadedProps<T> {
  query: UseQueryResult<T>;
  lines?: number;
  children: (data: T) => ReactNode;
}

/** The data of a query; while there is none, why. Data that is there stays when a refresh fails. */
export function Loaded<T>({ query, lines, children }: LoadedProps<T>) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.error !== null) return <Failure error={query.error} again={() => void query.refetch()} />;
  return <Loading lines={lines} />;
}
