/** Starts the real binary with a data folder of its own, on a free port. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = new URL('..', import.meta.url).pathname;
const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target');
const binary = process.env.TIDEMILL ?? join(target, 'debug', 'tidemill');

export async function start() {
  if (!existsSync(binary)) throw new Error(`failed to find ${binary}: build it with cargo build -p tidemill, after make ui`);
  const data = mkdtempSync(join(tmpdir(), 'tidemill-e2e-'));
  const args = ['server', 'start', '--data-dir', data, '--listen', '127.0.0.1:0', '--environment-policy', 'relaxed'];
  const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const url = await new Promise((resolve, reject) => {
    let said = '';
    child.stdout.on('data', (bytes) => {
      said += bytes;
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(said);
      if (found) resolve(found[0]);
    });
    child.once('exit', (code) => reject(new Error(`failed to start the server: it ended with ${code}: ${said}`)));
  });
  const stop = async () => {
    // Jobs outlive their server; nobody waits for these.
    const over = ({ status }) => ['Completed', 'Failed', 'Canceled'].includes(status);
    const open = async () => (await send('GET', '/api/v1/workspaces/default/jobs?limit=1000')).items.filter((job) => !over(job));
    for (const job of await open()) await send('POST', `/api/v1/workspaces/default/jobs/${job.name}:cancel`).catch(() => undefined);
    for (let look = 0; look < 50 && (await open()).length > 0; look += 1) await new Promise((resolve) => setTimeout(resolve, 200));
    child.kill('SIGINT');
    const late = setTimeout(() => child.kill('SIGKILL'), 15_000);
    await ended;
    clearTimeout(late);
    rmSync(data, { recursive: true, force: true });
  };
  const send = async (method, path, body) => {
    const raw = typeof body === 'string' || body instanceof Uint8Array;
    // With the owner's token: once there is a second user, everybody signs in.
    const headers = { authorization: `Bearer ${token()}`, ...(raw || body === undefined ? {} : { 'content-type': 'application/json' }) };
    const answer = await fetch(url + path, { method, headers, body: raw ? body : body && JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
  /** The owner's. */
  const token = () => readFileSync(join(data, 'keys', 'owner.token'), 'utf8').trim();
  return { url, stop, send, token };
}
