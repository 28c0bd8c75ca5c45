/** Submits a job once more and goes to the new one. Given a step, its pipeline, with that step and all behind it done anew. */
import { notifications } from '@mantine/notifications';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { api, ok } from '../../api/client';
import { to } from '../../pure/links';
import { runAgain, type Job } from './queries';

export function useRunAgain(ws: string, job: Job) {
  const navigate = useNavigate();
  return useMutation({
    mutationFn: async (from: string | undefined) => {
      const parent = job.parent;
      const whole = parent == null ? job : await ok(api.GET('/api/v1/workspaces/{ws}/jobs/{name}', { params: { path: { ws, name: parent } } }));
      return runAgain(ws, whole, from);
    },
    onSuccess: (made, from) => {
      notifications.show({ message: from === undefined ? `${made.display_name ?? made.name} runs again` : `${made.display_name ?? made.name} runs again from ${from}` });
      void navigate({ to: to.job(ws, made.name) as '/' });
    },
    onError: (error) => notifications.show({ color: 'red', title: 'That did not work', message: error.message }),
  });
}
