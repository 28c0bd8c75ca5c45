/** The steps of a pipeline as a graph, with their states as they change. A step opens its job. */
import { Badge } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useMemo } from 'react';
import { to } from '../../pure/links';
import { A } from '../../parts/A';
import { Panel } from '../../parts/Panel';
import { Loading } from '../../parts/States';
import { Dot, isOver, lives, statusWord, tinted } from '../../parts/Status';
import { Lasted } from '../../parts/Time';
import { stepsQuery, type Job } from './queries';

const Graph = lazy(() => import('../../parts/Graph'));

export function PipelineGraph({ ws, job }: { ws: string; job: Job }) {
  const steps = useQuery(stepsQuery(ws, job.name, !isOver(job.status)));
  const shape = JSON.stringify(job.steps.map((step) => [step.node, step.waits_for]));
  const { nodes, links } = useMemo(() => {
    const plan = JSON.parse(shape) as [string, string[]][];
    return {
      nodes: plan.map(([node]) => node),
      links: plan.flatMap(([node, before]) => before.map((from) => ({ from, to: node }))),
    };
  }, [shape]);
  const jobs = new Map(steps.data?.map((step) => [step.node, step]));
  const done = [...jobs.values()].filter((step) => step.status === 'Completed').length;
  const show = (node: string) => {
    const step = job.steps.find((each) => each.node === node);
    if (step === undefined) return null;
    const run = jobs.get(node);
    const status = run?.status ?? 'NotStarted';
    return (
      <A to={to.job(ws, step.job)} className="node" title={run?.reason ?? undefined} style={tinted(status)}>
        <b>{run?.display_name ?? node}</b>
        <small>
          <Dot status={status} />
          {statusWord(status)}
          {run?.reused_from != null ? (
            <Badge size="xs" variant="light" color="grape">
              reused
            </Badge>
          ) : (
            run?.started_at != null && <Lasted from={run.started_at} until={run.ended_at} />
          )}
          {step.type === 'pipeline' && <span>pipeline</span>}
        </small>
      </A>
    );
  };
  return (
    <Panel title="Steps" flush aside={<small style={{ color: 'var(--faint)' }}>{`${done} of ${job.steps.length} completed`}</small>}>
      <Suspense fallback={<Loading lines={6} />}>
        <Graph
          label="Steps of the pipeline"
          nodes={nodes}
          links={links.map((link) => ({ ...link, active: lives(jobs.get(link.to)?.status ?? '') }))}
          show={show}
        />
      </Suspense>
    </Panel>
  );
}
