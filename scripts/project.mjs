// Where things are in the project, and how its scripts speak. Plain JavaScript for any Node from 20 on.
//
//   project.mjs      this file
//   setup.mjs        Node 24, packages and build: done when needed, quiet when not; with npm.mjs, pinned.mjs
//                    (runtime/, helm/: what is pinned), and lock.mjs for one set-up at a time
//   child.mjs        programs run to their end, with signals and exit code passed on
//   start.mjs        npm start · run.mjs: any tool of the project · build.mjs: npm run build
//   test.mjs         npm test, with apt.mjs for what it needs
//   processes.mjs    every process of a distributed Muster: data for services, compose file and chart
//   servers.mjs      RabbitMQ and PostgreSQL installed · rabbit-server.mjs, postgres-server.mjs: private ones, by
//                    server-process.mjs and free-port.mjs · distributed.mjs: the services on them
//   secrets.mjs      npm run secrets: passwords, and certificates.mjs, those of broker and database
//   services.mjs     npm run services · muster.mjs: the command line · agent-bundle.mjs: the agent in one file
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

export const root = fileURLToPath(new URL('..', import.meta.url));
export const inRoot = (...path) => join(root, ...path);

/** Something the person at the keyboard can act on: shown without a stack. */
export class Trouble extends Error {}

/** Runs a script's main function; a Trouble is told in words, anything else with its stack. */
export async function main(work) {
  try {
    process.exitCode = (await work()) ?? 0;
  } catch (error) {
    console.error(error instanceof Trouble ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}

/** One line for one step of work, with how long it took. */
export async function step(name, work) {
  const startedAt = Date.now();
  process.stderr.write(`Setting up: ${name} … `);
  try {
    const result = await work();
    process.stderr.write(`${Math.max(1, Math.round((Date.now() - startedAt) / 1000))} s\n`);
    return result;
  } catch (error) {
    process.stderr.write('failed\n');
    throw error;
  }
}
