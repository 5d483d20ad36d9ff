// npm run agent:bundle: the agent as one file that plain Node runs on a device. Called by run.mjs, which builds first.
import { chmodSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'vite';
import { inRoot, main } from './project.mjs';

const name = 'muster-agent.mjs';

await main(async () => {
  const folder = resolve(process.argv[2] ?? inRoot('dist', 'agent'));
  await build({
    configFile: false,
    root: inRoot(),
    logLevel: 'warn',
    publicDir: false,
    // All of it: a device has no node_modules.
    ssr: { noExternal: true, target: 'node' },
    build: {
      ssr: inRoot('dist', 'apps', 'agent', 'main.js'),
      outDir: folder,
      emptyOutDir: false,
      target: 'node20',
      minify: true,
      rollupOptions: {
        output: { entryFileNames: name, format: 'es', codeSplitting: false, banner: '#!/usr/bin/env node' },
      },
    },
  });
  const file = join(folder, name);
  chmodSync(file, 0o755);
  console.log(`${file}, ${Math.round(statSync(file).size / 1000)} kB: node ${name} --help`);
});
