/** Every page and its address. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Navigate, redirect } from '@tanstack/react-router';
import type { AuditSearch } from './features/audit/queries';
import type { InfraSearch } from './features/infra/queries';
import { AssetListPage } from './features/asset/AssetListPage';
import { AssetPage } from './features/asset/AssetPage';
import { VersionPage } from './features/asset/VersionPage';
import { ComputeListPage, ComputePage } from './features/compute/ComputePages';
import { HomePage } from './features/home/HomePage';
import { JobListPage, type JobSearch } from './features/job/JobListPage';
import { JobPage, TABS, type Tab } from './features/job/JobPage';
import { COMPARE_TABS, type CompareSearch } from './features/compare/tabs';
import { warmRuns, type RunListSearch } from './features/run/queries';
import { RunListPage } from './features/run/RunListPage';
import { queries } from './api/queries';
import { RUN_TABS, RunPage, type RunTab } from './features/run/RunPage';
import { Shell } from './frame/Shell';
import { lastWorkspace } from './frame/lastWorkspace';
import { A } from './parts/A';
import { Empty, Failure } from './parts/States';
import { to, type AssetKind } from './pure/links';

const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);

const root = createRootRoute({
  notFoundComponent: () => (
    <Empty title="There is no such page">
      <A to="/" className="link lined">
        Home
      </A>{' '}
      is where all others begin.
    </Empty>
  ),
});

const start = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: to.home(lastWorkspace()) as '/', replace: true });
  },
});

const workspaces = createRoute({ getParentRoute: () => root, path: '/workspaces', component: () => <Navigate to="/" replace /> });

const workspace = createRoute({ getParentRoute: () => root, path: '/workspaces/$ws', component: Shell });

const home = createRoute({ getParentRoute: () => workspace, path: '/', component: HomePage });

const jobs = createRoute({
  getParentRoute: () => workspace,
  path: 'jobs',
  component: JobListPage,
  validateSearch: (search: Record<string, unknown>): JobSearch => ({
    status: text(search.status),
    archived: search.archived === true || undefined,
    find: search.find === undefined ? undefined : String(search.find),
  }),
});

const job = createRoute({
  getParentRoute: () => workspace,
  path: 'jobs/$name',
  component: JobPage,
  validateSearch: (search: Record<string, unknown>): { tab?: Tab; file?: string } => ({
    tab: TABS.find((tab) => tab === search.tab),
    file: search.file === undefined ? undefined : String(search.file),
  }),
});

const texts = (value: unknown) => (Array.isArray(value) && value.length > 0 ? value.map(String) : undefined);

const runs = createRoute({
  getParentRoute: () => workspace,
  path: 'runs',
  component: RunListPage,
  validateSearch: (search: Record<string, unknown>): RunListSearch => ({
    experiments: texts(search.experiments),
    filter: search.filter === undefined ? undefined : String(search.filter),
    sort: text(search.sort),
    columns: texts(search.columns),
    deleted: search.deleted === true || undefined,
  }),
  loaderDeps: ({ search: { columns: _, ...search } }) => search,
  // The page says what went wrong.
  loader: ({ params, deps }) => void warmRuns(queries, params.ws, deps).catch(() => undefined),
});

const run = createRoute({
  getParentRoute: () => workspace,
  path: 'runs/$run',
  component: RunPage,
  validateSearch: (search: Record<string, unknown>): { tab?: RunTab; file?: string } => ({
    tab: RUN_TABS.find((tab) => tab === search.tab),
    file: search.file === undefined ? undefined : String(search.file),
  }),
});

const compare = createRoute({
  getParentRoute: () => workspace,
  path: 'compare',
  component: lazyRouteComponent(() => import('./features/compare/ComparePage'), 'ComparePage'),
  validateSearch: (search: Record<string, unknown>): CompareSearch => ({
    runs: texts(search.runs),
    tab: COMPARE_TABS.find((tab) => tab === search.tab),
  }),
});

const assets = (['models', 'data', 'environments', 'components'] satisfies AssetKind[]).flatMap((kind) => [
  createRoute({ getParentRoute: () => workspace, path: kind, component: () => <AssetListPage kind={kind} /> }),
  createRoute({ getParentRoute: () => workspace, path: `${kind}/$name`, component: () => <AssetPage kind={kind} /> }),
  createRoute({
    getParentRoute: () => workspace,
    path: `${kind}/$name/versions/$version`,
    component: () => <VersionPage kind={kind} />,
  }),
]);

const validation = createRoute({
  getParentRoute: () => workspace,
  path: 'data/$name/validations/$id',
  component: lazyRouteComponent(() => import('./features/data/ValidationPage'), 'ValidationPage'),
});

const sql = createRoute({
  getParentRoute: () => workspace,
  path: 'sql',
  component: lazyRouteComponent(() => import('./features/data/SqlPage'), 'SqlPage'),
  validateSearch: (search: Record<string, unknown>): { sql?: string } => ({ sql: search.sql === undefined ? undefined : String(search.sql) }),
});

const datastores = createRoute({
  getParentRoute: () => workspace,
  path: 'datastores',
  component: lazyRouteComponent(() => import('./features/datastore/DatastorePage'), 'DatastorePage'),
  validateSearch: (search: Record<string, unknown>): { store?: string; file?: string } => ({
    store: search.store === undefined ? undefined : String(search.store),
    file: search.file === undefined ? undefined : String(search.file),
  }),
});

const computes = createRoute({ getParentRoute: () => workspace, path: 'computes', component: ComputeListPage });
const compute = createRoute({ getParentRoute: () => workspace, path: 'computes/$name', component: ComputePage });

const endpoints = createRoute({
  getParentRoute: () => workspace,
  path: 'endpoints',
  component: lazyRouteComponent(() => import('./features/endpoint/EndpointListPage'), 'EndpointListPage'),
});
const endpoint = createRoute({
  getParentRoute: () => workspace,
  path: 'endpoints/$name',
  component: lazyRouteComponent(() => import('./features/endpoint/EndpointPage'), 'EndpointPage'),
});

const releases = createRoute({
  getParentRoute: () => workspace,
  path: 'releases',
  component: lazyRouteComponent(() => import('./features/release/ReleasePage'), 'ReleasePage'),
});
const pipelines = createRoute({
  getParentRoute: () => workspace,
  path: 'pipelines',
  component: lazyRouteComponent(() => import('./features/pipeline/PipelinePages'), 'PipelineListPage'),
});
const schedules = createRoute({
  getParentRoute: () => workspace,
  path: 'schedules',
  component: lazyRouteComponent(() => import('./features/schedule/SchedulePages'), 'ScheduleListPage'),
});
const schedule = createRoute({
  getParentRoute: () => workspace,
  path: 'schedules/$name',
  component: lazyRouteComponent(() => import('./features/schedule/SchedulePages'), 'SchedulePage'),
});

const audit = createRoute({
  getParentRoute: () => workspace,
  path: 'audit',
  component: lazyRouteComponent(() => import('./features/audit/AuditPage'), 'AuditPage'),
  validateSearch: (search: Record<string, unknown>): AuditSearch => ({
    principal: text(search.principal),
    action: text(search.action),
    scope: text(search.scope),
    outcome: text(search.outcome),
    since: text(search.since),
    row: typeof search.row === 'number' ? search.row : undefined,
  }),
});

const roles = createRoute({
  getParentRoute: () => workspace,
  path: 'roles',
  component: lazyRouteComponent(() => import('./features/role/RolePage'), 'RolePage'),
});

const infra = createRoute({
  getParentRoute: () => workspace,
  path: 'infra',
  component: lazyRouteComponent(() => import('./features/infra/InfraPage'), 'InfraPage'),
  validateSearch: (search: Record<string, unknown>): InfraSearch => ({
    stack: text(search.stack),
    show: search.show === 'pending' || search.show === 'applied' ? search.show : undefined,
  }),
});
const infraPlan = createRoute({
  getParentRoute: () => workspace,
  path: 'infra/plans/$plan',
  component: lazyRouteComponent(() => import('./features/infra/PlanPage'), 'PlanPage'),
});
const infraStack = createRoute({
  getParentRoute: () => workspace,
  path: 'infra/stacks/$stack',
  component: lazyRouteComponent(() => import('./features/infra/StackPage'), 'StackPage'),
});

export const router = createRouter({
  basepath: '/ui',
  routeTree: root.addChildren([start, workspaces, workspace.addChildren([home, jobs, job, runs, run, compare, ...assets, validation, sql, datastores, computes, compute, endpoints, endpoint, releases, pipelines, schedules, schedule, audit, roles, infra, infraPlan, infraStack])]),
  defaultErrorComponent: ({ error }) => <Failure error={error as Error} again={() => window.location.reload()} />,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
