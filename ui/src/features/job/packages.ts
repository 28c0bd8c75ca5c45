/** What a job ran in, as names and versions. Pure. */
import type { Job } from './queries';

interface Lock {
  python?: { version: string; implementation: string };
  platform?: { os: string; arch: string; libc: string };
  packages?: { name: string; version: string }[];
  channel_packages?: { name: string; version: string }[];
}

export function packagesOf(job: Job): Record<string, string> {
  const lock = (job.environment as { lock?: Lock } | null | undefined)?.lock;
  if (lock === undefined) return {};
  const found: Record<string, string> = {};
  if (lock.python !== undefined) found.python = lock.python.version;
  for (const { name, version } of [...(lock.packages ?? []), ...(lock.channel_packages ?? [])]) found[name] = version || 'by address';
  return found;
}
