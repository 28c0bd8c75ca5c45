/** What a page shows before it has something, when there is nothing, and when something went wrong. */
import { Alert, Box, Button, Skeleton, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Problem } from '../api/client';

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
        <Text c="dimmed" size="sm" component="div" mt={4} maw={640} mx="auto">
          {children}
        </Text>
      )}
    </Box>
  );
}

export function Failure({ error, again }: { error: Error; again?: () => void }) {
  // The page as a whole asks to sign in.
  if (error instanceof Problem && error.status === 401) return <Loading />;
  const unreachable = error instanceof TypeError;
  return (
    <Alert color="red" icon={<IconAlertTriangle size={18} />} m="md" title={unreachable ? 'The server cannot be reached' : error.message}>
      <Stack gap="xs" align="flex-start">
        {error instanceof Problem && error.status === 403 && <Text size="sm">Your roles don't let you do this. Who may is on the page Roles; an owner can give you one that does.</Text>}
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
