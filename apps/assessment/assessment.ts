// Policy against device: which policies, then read, compare, remediate, verify. The only service that talks to devices
// about their settings.
//
//   assessment.ts    the service
//   consumers.ts     load, decide, save
//   decide.ts        the rules: what follows from each event
//   choose.ts        which policies a device gets (R51-R54)
//   task.ts          what a task carries, and how causes share one
//   devices.ts       the state in SQL
//   assess.ts        the worker: one task, one device
//   conversation.ts  what is said to the device
//   mutual.ts        whom its certificate must lead to
//   notes.ts         what the log says of it
import { deviceApiPort } from '#device/api';
import { port, readConfig } from '#runtime/config';
import type { StoredService } from '#runtime/service';
import { assessWorker } from './assess.js';
import { devices, documents, requests } from './consumers.js';

const shape = {
  /** Where devices serve the open device API. */
  MUSTER_DEVICE_PORT: port.default(deviceApiPort),
};

export interface AssessmentConfig {
  readonly devicePort: number;
}

export const assessment: StoredService<AssessmentConfig> = {
  name: 'assessment',
  config: (environment) => ({ devicePort: readConfig(shape, environment).MUSTER_DEVICE_PORT }),
  consumers: [devices, requests, documents],
  workers: ({ store, config, log }) => [assessWorker({ store, devicePort: config.devicePort, log })],
};
