/** The workspace that the address names. */
import { useParams } from '@tanstack/react-router';

export function useWorkspace(): string {
  const { ws } = useParams({ strict: false });
  return ws ?? 'default';
}
