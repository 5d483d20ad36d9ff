import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('.', import.meta.url));

export default defineConfig({
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  resolve: { alias: [{ find: /^#(.*)$/, replacement: `${root}libs/$1.ts` }] },
  test: {
    include: ['apps/**/*.spec.ts', 'libs/**/*.spec.ts', 'test/**/*.spec.ts'],
    globalSetup: './test/support/setup.ts',
    testTimeout: 90_000,
    hookTimeout: 240_000,
    // Stories wait more than they work; more of them at a time would starve each other's processes.
    maxWorkers: 2,
  },
});
