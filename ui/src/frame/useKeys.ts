/** Keys that work on every page: Ctrl-K or `/` finds, `g` and a letter goes, `?` tells. Never while somebody writes. */
import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { to } from '../pure/links';

export const GOES: Record<string, [string, (ws: string) => string]> = {
  h: ['Home', to.home], j: ['Jobs', to.jobs], r: ['Runs', to.runs], m: ['Models', (ws) => to.assets(ws, 'models')], d: ['Data', (ws) => to.assets(ws, 'data')],
  e: ['Environments', (ws) => to.assets(ws, 'environments')], c: ['Components', (ws) => to.assets(ws, 'components')], p: ['Compute', to.computes], a: ['Audit', to.audit], s: ['SQL', to.sql], o: ['Endpoints', to.endpoints], l: ['Releases', to.releases],
  w: ['Pipelines', to.pipelines], t: ['Schedules', to.schedules], f: ['Datastores', to.datastores], u: ['Roles', to.roles], i: ['Infrastructure', to.infra],
};

/** The second key comes within this time. */
const SOON_MS = 1200;

export function useKeys(ws: string, { onPalette, onHelp }: { onPalette: () => void; onHelp: () => void }) {
  const navigate = useNavigate();
  useEffect(() => {
    let going = 0;
    const hear = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        onPalette();
        return;
      }
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || target.closest('input, textarea, select, [contenteditable], [role=dialog]') !== null) return;
      const soon = Date.now() - going < SOON_MS;
      going = 0;
      const place = soon ? GOES[event.key] : undefined;
      if (place !== undefined) void navigate({ to: place[1](ws) as '/' });
      else if (event.key === 'g') going = Date.now();
      else if (event.key === '/') onPalette();
      else if (event.key === '?') onHelp();
      else return;
      event.preventDefault();
    };
    window.addEventListener('keydown', hear);
    return () => window.removeEventListener('keydown', hear);
  }, [ws, navigate, onPalette, onHelp]);
}
