/** Where the studio starts. */
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import '@mantine/core/styles.css';
import { Notifications } from '@mantine/notifications';
import '@mantine/notifications/styles.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { queries } from './api/queries';
import './app.css';
import { lastWorkspace } from './frame/lastWorkspace';
import { mlflowLink } from './pure/links';
import { router } from './router';
import { resolver, theme } from './theme';

// Links that MLflow's clients print lead here with a fragment; the page behind it takes its place.
const within = /^\/ui\/workspaces\/([^/]+)/.exec(window.location.pathname)?.[1];
const meant = mlflowLink(window.location.hash, within ?? (window.location.pathname === '/ui/' ? 'default' : lastWorkspace()));
if (meant !== undefined) window.history.replaceState(null, '', `/ui${meant}`);

const colours = localStorageColorSchemeManager({ key: 'tidemill.colours' });
const holder = document.getElementById('root');
if (holder === null) throw new Error('failed to start: the page has no #root');
createRoot(holder).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={resolver} defaultColorScheme="auto" colorSchemeManager={colours}>
      <Notifications position="bottom-right" />
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
