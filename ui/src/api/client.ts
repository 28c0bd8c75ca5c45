/** The public REST API, typed by its OpenAPI document. The studio has no other door. */
import createClient from 'openapi-fetch';
import type { components, paths } from './v1';

export type Schemas = components['schemas'];

const TOKEN = 'tidemill.token';

/** The token that somebody signed in with; on loopback there is none, and none is needed. */
export const token = {
  read: (): string | null => localStorage.getItem(TOKEN),
  write: (value: string) => localStorage.setItem(TOKEN, value),
  forget: () => localStorage.removeItem(TOKEN),
};

export function signed(headers: HeadersInit = {}): Headers {
  const all = new Headers(headers);
  const value = token.read();
  if (value !== null) all.set('authorization', `Bearer ${value}`);
  return all;
}

/** What the server answers when it cannot do something. */
export class Problem extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly hint: string | undefined,
    readonly request: string | undefined,
  ) {
    super(message);
  }

  /** Of an answer that is no 2xx, in the words of REST v1 or of MLflow. */
  static from(status: number, body: unknown): Problem {
    const said = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
    const text = (key: string) => (typeof said[key] === 'string' ? said[key] : undefined);
    const message = text('detail') ?? text('message') ?? `the server answered with status ${status}`;
    return new Problem(message, status, text('hint'), text('request_id'));
  }
}

export const api = createClient<paths>({ baseUrl: '/' });

api.use({
  onRequest({ request }) {
    const value = token.read();
    if (value !== null) request.headers.set('authorization', `Bearer ${value}`);
    return request;
  },
});

/** The body of an answer; a `Problem` is thrown. */
export async function ok<T>(asked: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await asked;
  if (!response.ok) throw Problem.from(response.status, error);
  return data as T;
}
