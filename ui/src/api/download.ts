/** Opening a file that needs a token: a plain link cannot carry one. */
import { notifications } from '@mantine/notifications';
import type { MouseEvent } from 'react';
import { Problem, signed, token } from './client';

export function openFile(event: MouseEvent<HTMLAnchorElement>) {
  if (token.read() === null) return;
  event.preventDefault();
  const { href } = event.currentTarget;
  void save(href).catch((error: Error) => notifications.show({ color: 'red', title: 'That did not work', message: error.message }));
}

async function save(href: string) {
  const response = await fetch(href, { headers: signed() });
  if (!response.ok) throw Problem.from(response.status, await response.json().catch(() => null));
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await response.blob());
  const { pathname, searchParams } = new URL(href);
  link.download = (searchParams.get('path') ?? decodeURIComponent(pathname)).split('/').pop() ?? 'file';
  link.click();
  URL.revokeObjectURL(link.href);
}
