// Operators' REST API, event stream and page; owner of what operators write; keeper of what they see.
//
//   console.ts     the service                    module.ts        its HTTP part
//   first-run.ts   what an empty database gets    housekeeping.ts  what is deleted, and when
//   config.ts      its environment                refusal.ts       what is told to whoever asks for what cannot be done
//   dead-messages.ts  what the bus gave up, on its way to the dead letters
//   who/           operators, sessions, tokens, roles, audit log
//   http/          headers, body limits, problems as answers, the page's files
//   rest/          one controller for each resource
//   documents/     what operators write: versions, rules between documents, events
//   assessing/     what operators ask assessment for: assess, dry run, put back, stop
//   projection/    what the page shows, built from every event there is, and rebuilt from the journal
//   feed/          the event stream
//   schedules/     assessments that come by themselves, and their runs
//   discoveries/   devices that operators have looked for
//   trust/         identities, what Muster's own authority issued, certificates that end
//   credentials/   what opens devices, sealed
//   deliveries/    events that services gave up, and what operators decide about them
//   status/        how each instance of each service fares
import { repeat, together } from '#runtime/repeat';
import type { StoredService } from '#runtime/service';
import { readConsoleConfig, type ConsoleConfig } from './config.js';
import { readDeadMessages } from './dead-messages.js';
import { tellingWorker } from './discoveries/telling.js';
import { repeatEdge } from './documents/edge.js';
import { firstRun } from './first-run.js';
import { forgetFeed, keepHouse } from './housekeeping.js';
import { ConsoleModule } from './module.js';
import { projection } from './projection/projection.js';
import { rebuildWorker } from './projection/rebuild/rebuild.js';
import { instances } from './status/instances.js';
import { serviceQueues } from './status/queues.js';
import { watchEndings } from './trust/expiry.js';

export const console: StoredService<ConsoleConfig> = {
  name: 'console',
  config: readConsoleConfig,
  consumers: [projection, instances],
  workers: (parts) => [rebuildWorker(parts), tellingWorker()],
  watches: serviceQueues,
  module: ConsoleModule,
  start: async (parts) => {
    await firstRun(parts, (line) => process.stdout.write(`${line}\n`));
    const { store, log } = parts;
    return together([
      repeat({ name: 'housekeeping', everyMs: 60_000, work: () => keepHouse(store), log }),
      repeat({ name: 'event stream', everyMs: 10_000, work: () => forgetFeed(store), log }),
      repeat({ name: 'edge configuration', everyMs: 300_000, work: () => repeatEdge(parts), log }),
      watchEndings(parts),
      await readDeadMessages(parts),
    ]);
  },
};
