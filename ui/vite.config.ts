/** How the studio is built: below `/ui/`, everything bundled, nothing from elsewhere. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const server = process.env.TIDEMILL_URL ?? 'http://127.0.0.1:5757';

/** Below this, packing saves no packet. */
const LEAST_BYTES = 1024;

/** Lays a `.br` and a `.gz` beside each file that becomes smaller by it: packed once here, not at each request. */
function packed(): Plugin {
  let to = '';
  return {
    name: 'packed',
    apply: 'build',
    configResolved: (config) => {
      to = join(config.root, config.build.outDir);
    },
    closeBundle: () => {
      for (const name of readdirSync(to, { recursive: true, encoding: 'utf8' })) {
        const path = join(to, name);
        if (!/\.(js|css|html|svg)$/.test(name) || statSync(path).size < LEAST_BYTES) continue;
        const bytes = readFileSync(path);
        writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  base: '/ui/',
  plugins: [react(), packed()],
  build: { target: 'es2022', assetsInlineLimit: 0, chunkSizeWarningLimit: 1000 },
  // The server takes changes from pages of its own address alone, so the address is passed on as the browser has it.
  server: { host: '127.0.0.1', proxy: Object.fromEntries(['/api', '^/workspaces/', '/get-artifact'].map((path) => [path, { target: server, changeOrigin: false }])) },
  test: { include: ['src/**/*.test.ts'] },
});
