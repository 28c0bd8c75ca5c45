/** The frame of every page: where one is, where one can go. */
import { ActionIcon, AppShell, Burger, Button, Group, Kbd, Modal, NavLink, Select, Text, Tooltip, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconBox, IconChartLine, IconCpu, IconDatabase, IconFolders, IconHistory, IconHome, IconMoon, IconPackage, IconPlayerPlay, IconLogout, IconPuzzle, IconSearch, IconShieldLock, IconSql, IconSun, IconBroadcast, IconRocket, IconRoute, IconCalendarTime, IconStack2 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useLocation, useNavigate } from '@tanstack/react-router';
import { Fragment, useEffect, useMemo } from 'react';
import { api, ok, Problem, token } from '../api/client';
import { useLive } from '../api/live';
import { sessionQuery } from '../api/queries';
import { SignInPage } from '../parts/SignIn';
import { useWorkspace } from '../parts/useWorkspace';
import { to } from '../pure/links';
import { remember } from './lastWorkspace';
import { Palette } from './Palette';
import { GOES, useKeys } from './useKeys';

/** The pages, by what one does there. */
const places = (ws: string) => [
  { label: 'Home', to: to.home(ws), icon: IconHome, exact: true },
  { part: 'Train', label: 'Jobs', to: to.jobs(ws), icon: IconPlayerPlay },
  { label: 'Runs', to: to.runs(ws), icon: IconChartLine },
  { label: 'Pipelines', to: to.pipelines(ws), icon: IconRoute },
  { label: 'Schedules', to: to.schedules(ws), icon: IconCalendarTime },
  { part: 'Assets', label: 'Data', to: to.assets(ws, 'data'), icon: IconDatabase },
  { label: 'Datastores', to: to.datastores(ws), icon: IconFolders },
  { label: 'SQL', to: to.sql(ws), icon: IconSql },
  { label: 'Models', to: to.assets(ws, 'models'), icon: IconBox },
  { label: 'Environments', to: to.assets(ws, 'environments'), icon: IconPackage },
  { label: 'Components', to: to.assets(ws, 'components'), icon: IconPuzzle },
  { part: 'Deploy', label: 'Endpoints', to: to.endpoints(ws), icon: IconBroadcast },
  { label: 'Releases', to: to.releases(ws), icon: IconRocket },
  { part: 'Manage', label: 'Compute', to: to.computes(ws), icon: IconCpu },
  { label: 'Infrastructure', to: to.infra(ws), icon: IconStack2 },
  { label: 'Roles', to: to.roles(ws), icon: IconShieldLock },
  { label: 'Audit', to: to.audit(ws), icon: IconHistory },
];

export function Shell() {
  const session = useQuery(sessionQuery);
  // One sign-in for the whole page; what is drawn until the answer comes is what those who are signed in see.
  if (session.error instanceof Problem && session.error.status === 401) return <SignInPage reason={session.error} />;
  return <Frame />;
}

function Frame() {
  const ws = useWorkspace();
  const [opened, nav] = useDisclosure(false);
  const { pathname } = useLocation();
  useEffect(nav.close, [pathname]);
  useEffect(() => remember(ws), [ws]);
  useLive(ws);
  const [finding, palette] = useDisclosure(false);
  const [telling, help] = useDisclosure(false);
  useKeys(ws, { onPalette: palette.open, onHelp: help.open });
  const { setColorScheme } = useMantineColorScheme();
  const commands = useMemo(
    () => [
      { label: 'Light colours', run: () => setColorScheme('light') },
      { label: 'Dark colours', run: () => setColorScheme('dark') },
      { label: 'Colours of the system', run: () => setColorScheme('auto') },
      { label: 'Keys', run: help.open },
      { label: 'Sign out', run: () => void signOut() },
    ],
    [setColorScheme, help.open],
  );
  return (
    <AppShell header={{ height: 52 }} navbar={{ width: 208, breakpoint: 'sm', collapsed: { mobile: !opened } }} padding={{ base: 'sm', sm: 'lg' }}>
      <Palette ws={ws} opened={finding} onClose={palette.close} commands={commands} />
      <Keys opened={telling} onClose={help.close} />
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <AppShell.Header px="md">
        <Group h="100%" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={opened} onClick={nav.toggle} hiddenFrom="sm" size="sm" aria-label="Pages" aria-expanded={opened} />
            <Link to={to.home(ws) as '/'} className="brand" aria-label="Tidemill, home">
              <img src="/ui/mark.svg" alt="" width={26} height={26} />
              <Text fw={650} visibleFrom="xs">
                Tidemill
              </Text>
            </Link>
            <Workspaces ws={ws} />
          </Group>
          <Group gap={8} wrap="nowrap">
            <Button variant="default" size="xs" h={32} fw={400} c="dimmed" leftSection={<IconSearch size={15} />} rightSection={<Kbd size="xs">Ctrl K</Kbd>} onClick={palette.open} visibleFrom="sm">
              Find
            </Button>
            <ActionIcon variant="default" size={32} hiddenFrom="sm" aria-label="Find" onClick={palette.open}>
              <IconSearch size={17} />
            </ActionIcon>
            <Scheme />
            <SignOut />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label="Pages" style={{ overflowY: 'auto' }}>
        {places(ws).map(({ part, label, to: place, icon: Icon, exact }) => {
          const active = exact === true ? pathname.replace(/\/$/, '') === place : pathname === place || pathname.startsWith(`${place}/`);
          return (
            <Fragment key={label}>
              {part !== undefined && <div className="part" aria-hidden>{part}</div>}
              <NavLink
                renderRoot={(props) => <Link to={place as '/'} activeOptions={{ exact: true }} activeProps={{}} {...props} aria-current={active ? 'page' : undefined} />}
                label={label}
                leftSection={<Icon size={18} stroke={1.7} />}
                active={active}
                variant="light"
                style={{ borderRadius: 8 }}
                py={3}
              />
            </Fragment>
          );
        })}
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} style={{ outline: 0 }}>
        <div style={{ maxWidth: 1280, margin: '0 auto' }}>
          <Outlet />
        </div>
      </AppShell.Main>
    </AppShell>
  );
}

/** The keys that work everywhere. */
function Keys({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Keys" size="sm" centered>
      <dl className="pairs">
        <dt><Kbd>Ctrl</Kbd> <Kbd>K</Kbd> or <Kbd>/</Kbd></dt>
        <dd>Find anything</dd>
        {Object.entries(GOES).map(([key, [name]]) => (
          <Fragment key={key}>
            <dt><Kbd>g</Kbd> <Kbd>{key}</Kbd></dt>
            <dd>{name}</dd>
          </Fragment>
        ))}
        <dt><Kbd>↑</Kbd> <Kbd>↓</Kbd> <Kbd>Space</Kbd> <Kbd>Enter</Kbd></dt>
        <dd>In the table of runs: move, choose, open</dd>
        <dt><Kbd>?</Kbd></dt>
        <dd>These keys</dd>
      </dl>
    </Modal>
  );
}

function Workspaces({ ws }: { ws: string }) {
  const navigate = useNavigate();
  const query = useQuery({
    queryKey: ['workspaces'],
    queryFn: async () => (await ok(api.GET('/api/v1/workspaces', { params: { query: { limit: 1000 } } }))).items,
    staleTime: 30_000,
  });
  const names = query.data?.map((each) => each.name) ?? [];
  return (
    <Select
      size="xs"
      w={{ base: 140, xs: 180 }}
      aria-label="Workspace"
      data={names.includes(ws) ? names : [ws, ...names]}
      value={ws}
      onChange={(next) => next !== null && void navigate({ to: to.home(next) as '/' })}
      allowDeselect={false}
      searchable={names.length > 8}
    />
  );
}

/** The token of this browser is forgotten, and a session ends on the server. */
async function signOut() {
  await api.DELETE('/api/v1/session').catch(() => undefined);
  token.forget();
  window.location.reload();
}

/** Who is signed in, and the way out; nothing where nobody has to sign in. */
function SignOut() {
  const who = useQuery(sessionQuery).data;
  if (who === undefined || who.alone) return null;
  return (
    <Tooltip label={`Sign out ${who.display_name || who.principal}`}>
      <ActionIcon variant="default" size={32} onClick={() => void signOut()} aria-label="Sign out">
        <IconLogout size={17} />
      </ActionIcon>
    </Tooltip>
  );
}

function Scheme() {
  const { setColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme('light', { getInitialValueInEffect: false }) === 'dark';
  const label = dark ? 'Light' : 'Dark';
  return (
    <Tooltip label={label}>
      <ActionIcon variant="default" size={32} onClick={() => setColorScheme(dark ? 'light' : 'dark')} aria-label={`${label} colours`}>
        {dark ? <IconSun size={17} /> : <IconMoon size={17} />}
      </ActionIcon>
    </Tooltip>
  );
}
