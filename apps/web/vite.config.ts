import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Where a console listens while the page is being worked on: `MUSTER_WEB_CONSOLE=http://127.0.0.1:8080 npx vite apps/web`. */
const consoleUrl = process.env['MUSTER_WEB_CONSOLE'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  root: here,
  plugins: [react()],
  build: {
    outDir: fileURLToPath(new URL('../../dist/web', import.meta.url)),
    emptyOutDir: true,
    // Nothing inlined: the page works under default-src 'self', which has no data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
  },
  server: { host: '127.0.0.1', proxy: { '/api': { target: consoleUrl, changeOrigin: false } } },
});
