// Copies of admitted announcements to other servers (R70-R72).
//
//   forwarding.ts   the service
//   consumer.ts     load, decide, save
//   copy.ts         the rules
//   rows.ts         listeners and copies in SQL
//   deliver.ts      the task that sends what waits for one listener
//   send.ts         one batch of copies over one connection, and what the answers mean
//   report.ts       tells how each listener fares
import { readAll, readConfig, secretFile, together } from '#runtime/config';
import { repeat } from '#runtime/repeat';
import type { StoredService } from '#runtime/service';
import { copies } from './consumer.js';
import { deliverWorker } from './deliver.js';
import { reportListeners } from './report.js';
import type { OwnIdentity } from './send.js';

const reportEveryMs = 2_000;

const shape = {
  /** Shown to listeners that take announcements only from servers with a verified certificate; PEM, its issuers after it. */
  MUSTER_FORWARDING_KEY_FILE: secretFile.optional(),
  MUSTER_FORWARDING_CERTIFICATE_FILE: secretFile.optional(),
} as const;

function readForwardingConfig(environment: NodeJS.ProcessEnv): OwnIdentity {
  const [config] = readAll(
    () => readConfig(shape, environment),
    () => together(environment, 'MUSTER_FORWARDING_KEY_FILE', 'MUSTER_FORWARDING_CERTIFICATE_FILE'),
  );
  const { MUSTER_FORWARDING_KEY_FILE: key, MUSTER_FORWARDING_CERTIFICATE_FILE: certificate } = config;
  return key === undefined || certificate === undefined ? {} : { key, certificate };
}

export const forwarding: StoredService<OwnIdentity> = {
  name: 'forwarding',
  config: readForwardingConfig,
  consumers: [copies],
  workers: ({ store, config }) => [deliverWorker({ store, own: config })],
  start: ({ store, bus, log }) =>
    Promise.resolve(
      repeat({
        name: 'reports of listeners',
        everyMs: reportEveryMs,
        work: () => reportListeners(store, bus),
        log,
      }),
    ),
};
