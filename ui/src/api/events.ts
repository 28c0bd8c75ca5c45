/** Server-sent events over fetch, which, unlike EventSource, can sign in. */
import { Problem, signed } from './client';

export interface ServerEvent {
  event: string;
  data: string;
}

/** Takes whole events off the front of what has arrived; what is not whole yet is the rest. */
export function takeEvents(arrived: string): { events: ServerEvent[]; rest: string } {
  const blocks = arrived.replace(/\r\n?/g, '\n').split('\n\n');
  const rest = blocks.pop() ?? '';
  const events: ServerEvent[] = [];
  for (const block of blocks) {
    let event = 'message';
    const data: string[] = [];
    for (const line of block.split('\n')) {
      if (line.startsWith('event:')) event = line.slice(6).trim();
      else if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''));
    }
    if (data.length > 0) events.push({ event, data: data.join('\n') });
  }
  return { events, rest };
}

/** Reads events until the server ends the stream; a broken connection throws. */
export async function follow(url: string, signal: AbortSignal, on: (events: ServerEvent[]) => void, opened?: () => void): Promise<void> {
  const response = await fetch(url, { headers: signed({ accept: 'text/event-stream' }), signal });
  if (!response.ok || response.body === null) {
    throw Problem.from(response.status, await response.json().catch(() => null));
  }
  opened?.();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const { events, rest } = takeEvents(buffer + value);
    buffer = rest;
    if (events.length > 0) on(events);
  }
}
