// Policy against device: which policies, then read, compare, remediate, verify. The only service that talks to devices
// about their settings.
//
//   assessment.ts    the service
//   consumers.ts     load, decide, save
//   decide.ts        the rules: what follows from each event; evolve.ts: what that changes
//   cause.ts         why a device is to be assessed  wishes.ts  what operators ask of one besides that
//   called-off.ts    what is no longer wanted of one: deleted, without a licence, stopped by an operator
//   choose.ts        whether it is assessed, and by which policies (R51-R54)
//   task.ts          what a task carries, and how causes share one
//   devices.ts       the state in SQL              policies.ts  policies as they are applied
//   read-once.ts     what tasks that begin together have in common
//   changes.ts       what was changed from what to what, kept before each write
//   assess.ts        the worker: one task, one device (assess-device.ts: so does the run of a schedule)
//   dry-run.ts       the same without a write      undo.ts      what a task has changed, put back: put-back.ts
//   turn.ts          what each finds as it begins  trouble.ts   what a run that came to nothing ends with
//   conversation.ts  what is said to the device    write.ts     how it is changed, step by step: read-again.ts
//   ipsec.ts         its rules of IPsec, written last of all
//   connect.ts       which protocols it is spoken with
//   credentials/     what opens a device, in which order and within which limits (R67)
//   mutual.ts        whom its certificate is to lead to
//   told.ts          how a task's end is told      notes.ts      what the log says of it
//   unreadable.ts    one of another version ends
//   runs/            schedules: many devices at a time, under a budget of their own
import { deviceApiPort } from '#device/api';
import { ippPort } from '#device/ipp/ipp';
import { snmpPort } from '#device/snmp/driver';
import { KeyFile } from '#pki/key-file';
import { port, readConfig, whole } from '#runtime/config';
import { repeat } from '#runtime/repeat';
import type { StoredService } from '#runtime/service';
import * as z from 'zod';
import { assessWorker } from './assess.js';
import { openersOn, type Ports } from './connect.js';
import { Keyring } from './credentials/keyring.js';
import { approvals } from './credentials/approvals.js';
import { vouching } from './credentials/vouching.js';
import { Vault } from './credentials/vault.js';
import { devices, documents, requests } from './consumers.js';
import { dryRunWorker } from './dry-run.js';
import { chunkWorker } from './runs/chunk.js';
import { runDue } from './runs/due.js';
import { runWorker } from './runs/run.js';
import { schedules } from './runs/runs.js';
import { undoWorker } from './undo.js';

const dueEveryMs = 2_000;

const shape = {
  /** Where devices serve the open device API. */
  MUSTER_DEVICE_PORT: port.default(deviceApiPort),
  MUSTER_SNMP_PORT: port.default(snmpPort),
  MUSTER_IPP_PORT: port.default(ippPort),
  /** Opens credentials of devices; without it none are used. */
  MUSTER_CREDENTIALS_KEY_FILE: z.string().optional(),
  /** Wrong credentials that one task may try by each protocol: devices lock their doors after some. */
  MUSTER_CREDENTIALS_ATTEMPTS: whole(1, 5).default(2),
};

export interface AssessmentConfig extends Ports {
  /** Null: there is none. */
  readonly keyFile: string | null;
  readonly attemptsMax: number;
}

export const assessment: StoredService<AssessmentConfig> = {
  name: 'assessment',
  config: (environment) => {
    const read = readConfig(shape, environment);
    return {
      devicePort: read.MUSTER_DEVICE_PORT,
      snmpPort: read.MUSTER_SNMP_PORT,
      ippPort: read.MUSTER_IPP_PORT,
      keyFile: read.MUSTER_CREDENTIALS_KEY_FILE ?? null,
      attemptsMax: read.MUSTER_CREDENTIALS_ATTEMPTS,
    };
  },
  consumers: [approvals, vouching, devices, requests, documents, schedules],
  workers: ({ store, bus, config, log }) => {
    const { keyFile, attemptsMax, ...ports } = config;
    const openers = openersOn(ports);
    const vault = new Vault({ store, keys: keyFile === null ? null : new KeyFile(keyFile), log });
    const keyring = new Keyring({ vault, ...ports, attemptsMax });
    return [
      assessWorker({ store, openers, keyring, log }),
      dryRunWorker({ store, openers, keyring }),
      undoWorker({ store, openers, keyring, log }),
      runWorker(),
      chunkWorker({ store, bus, openers, keyring, log }),
    ];
  },
  start: ({ store, bus, log }) =>
    Promise.resolve(
      repeat({ name: 'schedules', everyMs: dueEveryMs, work: () => runDue({ store, bus }), log }),
    ),
};
