// A console alone, other services being what a test says in their place, and an administrator who has its page open.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Subscriber } from '#bus/topology';
import { databases, Trial } from '../support/console.js';
import { ownFolder } from '../support/servers.js';
import { launch, password, Visitor, type VisitorOptions } from './chromium.js';

const [PGlite] = databases;

export interface Visit {
  readonly trial: Trial;
  readonly visitor: Visitor;
  readonly stop: () => Promise<void>;
}

interface Visiting extends VisitorOptions {
  /** Of console. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Services that hear something too. */
  readonly others?: readonly Subscriber[];
}

/** Resolves when the page at `path` shows its heading. */
export async function visit(
  path: string,
  heading: string,
  { environment = {}, others = [], ...options }: Visiting = {},
): Promise<Visit> {
  const passwordFile = join(await ownFolder('admin'), 'password');
  await writeFile(passwordFile, password);
  const trial = await Trial.start(
    await PGlite.open(),
    { ...environment, MUSTER_ADMIN_PASSWORD_FILE: passwordFile },
    others,
  );
  const browser = await launch();
  const stop = async (): Promise<void> => {
    await browser.close();
    await trial.stop();
  };
  try {
    const visitor = await Visitor.open(browser, trial.host.url, options);
    await visitor.goTo(path);
    await visitor.signIn('admin');
    await visitor.heading(heading).waitFor();
    return { trial, visitor, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
