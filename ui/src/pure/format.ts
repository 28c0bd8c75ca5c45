/** Numbers, times and sizes as people read them. */

/** `2.4 s`, `3 min 12 s`, `1 h 04 min`, `2 d 3 h`. */
export function duration(ms: number): string {
  const s = Math.max(0, ms) / 1000;
  if (s < 1) return `${Math.round(s * 1000)} ms`;
  if (s < 59.95) return `${s < 10 ? s.toFixed(1) : Math.round(s)} s`;
  const whole = Math.round(s);
  const [d, h, min] = [Math.floor(whole / 86400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60];
  if (d > 0) return `${d} d ${h} h`;
  if (h > 0) return `${h} h ${String(min).padStart(2, '0')} min`;
  return `${min} min ${String(whole % 60).padStart(2, '0')} s`;
}

/** `just now`, `5 min ago`, `3 d ago`; after a month, the date. */
export function ago(then: number, now: number): string {
  const s = Math.round((now - then) / 1000);
  if (s < 5) return 'just now';
  if (s < 60) return `${s} s ago`;
  if (s < 3600) return `${Math.floor(s / 60)} min ago`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ago`;
  if (s < 30 * 86400) return `${Math.floor(s / 86400)} d ago`;
  return new Date(then).toISOString().slice(0, 10);
}

/** `in 20 s`, `in 5 min`, `in 3 d`; what is past or right now is `now`. */
export function ahead(then: number, now: number): string {
  const s = Math.round((then - now) / 1000);
  if (s < 1) return 'now';
  if (s < 60) return `in ${s} s`;
  if (s < 3600) return `in ${Math.round(s / 60)} min`;
  if (s < 2 * 86400) return `in ${Math.round(s / 3600)} h`;
  return `in ${Math.round(s / 86400)} d`;
}

/** `814 B`, `12.4 KB`, `3.1 MB`: powers of 1,000, as disks and networks count. */
export function bytes(count: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** Six digits that say something; whole numbers in full. */
export function figure(value: number | string): string {
  const number = Number(value);
  if (!Number.isFinite(number)) return String(value);
  if (Number.isInteger(number) && Math.abs(number) < 1e15) return number.toLocaleString('en-US');
  const size = Math.abs(number);
  return size >= 1e-4 && size < 1e9 ? String(Number(number.toPrecision(6))) : number.toExponential(4).replace(/\.?0+e/, 'e');
}

/** The first characters of a digest, enough to tell it from others. */
export function short(digest: string): string {
  return digest.slice(0, 12);
}

/** `1 step`, `3 steps`. */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : 's'}`;
}
