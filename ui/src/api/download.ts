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

/** What the page itself has made, as a file. */
export function saveText(name: string, text: string, type = 'text/csv') {
  saveBlob(name, new Blob([text], { type }));
}

function saveBlob(name: string, blob: Blob) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

async function save(href: string) {
  const response = await fetch(href, { headers: signed() });
  if (!response.ok) throw Problem.from(response.status, await response.json().catch(() => null));
  const { pathname, searchParams } = new URL(href);
  saveBlob((searchParams.get('path') ?? decodeURIComponent(pathname)).split('/').pop() ?? 'file', await response.blob());
}
