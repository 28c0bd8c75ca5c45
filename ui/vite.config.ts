/** How the studio is built: below `/ui/`, everything bundled, nothing from elsewhere. */
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const server = process.env.TIDEMILL_URL ?? 'http://127.0.0.1:5757';

export default defineConfig({
  base: '/ui/',
  plugins: [react()],
  build: { target: 'es2022', assetsInlineLimit: 0, chunkSizeWarningLimit: 700 },
  server: { host: '127.0.0.1', proxy: { '/api': server, '^/workspaces/': server, '/get-artifact': server } },
  test: { include: ['src/**/*.test.ts'] },
});
