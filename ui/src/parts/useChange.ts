/** A change that somebody makes on a page: what it makes stale is read again, and what went wrong is said. */
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient, type QueryKey } from '@tanstack/react-query';

interface Change<T> {
  change: (what: T) => Promise<unknown>;
  stale: readonly QueryKey[];
  /** What is said once it is done; nothing, where the page itself shows it. */
  done?: (what: T) => string | undefined;
}

export function useChange<T>({ change, stale, done }: Change<T>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: async (_, what) => {
      const message = done?.(what);
      if (message !== undefined) notifications.show({ message });
      await Promise.all(stale.map((queryKey) => client.invalidateQueries({ queryKey })));
    },
    onError: (error) => notifications.show({ color: 'red', title: 'That did not work', message: error.message }),
  });
}
