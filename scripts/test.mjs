// npm test: everything, with what it needs installed first. Arguments go to vitest: npm test -- libs/bus
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { relative } from 'node:path';
import { install, missing, rootPrefix, wanted } from './apt.mjs';
import { inPlace } from './child.mjs';
import { inRoot, main, root, Trouble } from './project.mjs';
import { setUp } from './setup.mjs';

const report = inRoot('.runtime', 'test-report.json');

await main(async () => {
  const given = process.argv.slice(2);
  const packages = missing();
  if (packages.length > 0) {
    if (!rootPrefix()) return inContainer(packages, given);
    await install(packages);
  }
  await installWanted();
  const { node, environment } = await setUp({ tests: true });
  mkdirSync(inRoot('.runtime'), { recursive: true });
  rmSync(report, { force: true });
  const words = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...given];
  const code = await inPlace(node, [inRoot('node_modules', 'vitest', 'vitest.mjs'), ...words], {
    cwd: root,
    env: environment,
  });
  return summarize(code);
});

/** For promtool alone: without it the tests of Prometheus' rules are skipped. */
async function installWanted() {
  const packages = missing(wanted);
  if (packages.length === 0 || !rootPrefix()) return;
  await install(packages).catch((error) => {
    if (!(error instanceof Trouble)) throw error;
    console.error(`Tests that need ${packages.join(', ')} are skipped. ${error.message}`);
  });
}

/** Elsewhere than on Debian: the same command in a container of Debian. */
function inContainer(packages, given) {
  if (spawnSync('docker', ['compose', 'version']).status !== 0) {
    throw new Trouble(`The tests need ${packages.join(', ')}.
On Debian and Ubuntu: sudo apt-get install ${packages.join(' ')} (root or password-less sudo does it by itself).
Elsewhere: with Docker running, the same command tests in a container.`);
  }
  console.error(`Testing in a container: ${packages.join(', ')} are not installed here.`);
  const words = ['compose', '--file', inRoot('test', 'compose.yaml'), 'run', '--rm', 'test', ...given];
  return inPlace('docker', words);
}

/** The last lines of the run: what was skipped or could not be loaded by name, then the two numbers. */
function summarize(code) {
  let results;
  try {
    results = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    throw new Trouble('vitest ended without a report.\n0 passed, 1 failed');
  }
  const tests = results.testResults.flatMap(({ assertionResults }) => assertionResults);
  const count = (status) => tests.filter((test) => test.status === status).length;
  for (const test of tests.filter(({ status }) => !['passed', 'failed'].includes(status))) {
    console.log(`skipped: ${test.fullName}`);
  }
  const unloaded = results.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  );
  for (const file of unloaded) console.log(`could not be loaded: ${relative(root, file.name)}`);
  const failed = count('failed') + unloaded.length;
  const outside = code !== 0 && failed === 0;
  if (outside) console.log('an error outside any test, see above');
  console.log(`${count('passed')} passed, ${failed + Number(outside)} failed`);
  return code || Number(failed > 0);
}
