/** What each page begins with: where it is, what it shows, what can be done. */
import { Box, Group, Stack, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { A } from './A';
import { Panel } from './Panel';
import { Failure, Loading } from './States';

interface Props {
  title: string;
  /** Beside the title: a state, a label. */
  beside?: ReactNode;
  below?: ReactNode;
  crumbs?: { label: string; to: string; search?: Record<string, unknown> }[];
  actions?: ReactNode;
  children: ReactNode;
}

export function Page({ title, beside, below, crumbs = [], actions, children }: Props) {
  useDocumentTitle(`${title} · Tidemill`);
  return (
    <Stack gap="md">
      <Box>
        {crumbs.length > 0 && (
          <nav className="crumbs" aria-label="Where this is">
            {crumbs.map((crumb) => (
              <span key={crumb.label}>
                <A to={crumb.to} search={crumb.search}>{crumb.label}</A>
              </span>
            ))}
          </nav>
        )}
        <Group justify="space-between" align="flex-start" gap="sm">
          <Box miw={0}>
            <Group gap="sm" align="center">
              <Title order={1} style={{ overflowWrap: 'anywhere' }}>
                {title}
              </Title>
              {beside}
            </Group>
            {below !== undefined && (
              <Text c="dimmed" size="sm" component="div" mt={2} style={{ overflowWrap: 'anywhere' }}>
                {below}
              </Text>
            )}
          </Box>
          {actions}
        </Group>
      </Box>
      {children}
    </Stack>
  );
}

interface PageOfProps<T> extends Pick<Props, 'title' | 'crumbs'> {
  query: UseQueryResult<T>;
  children: (found: T) => ReactNode;
}

/** The page of one thing. Its title and the way back stand before the thing is there, and when it is not found. */
export function PageOf<T>({ query, title, crumbs, children }: PageOfProps<T>) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  return (
    <Page title={title} crumbs={crumbs}>
      <Panel flush>{query.error !== null ? <Failure error={query.error} again={() => void query.refetch()} /> : <Loading lines={6} />}</Panel>
    </Page>
  );
}
