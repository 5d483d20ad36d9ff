// Groups of devices: manual, by filter, and all (R50, R54, R55).
//
//   autogroup.ts    the service
//   consumer.ts     load, decide, save
//   membership.ts   the rules of devices; edits.ts: of groups and policies that are edited
//   groups.ts       what the rules are about
//   rows.ts         the state in SQL
//   regroup.ts      after an edit, all devices are looked at again, a page at a time
//   refresh.ts      the same at a fixed interval (R53)
//   owed.ts         what it is for: groups joined while nothing followed
import { keepDocuments } from '#bus/keep-documents';
import { settingsChanged } from '#events/settings';
import { repeat, together } from '#runtime/repeat';
import type { StoredService } from '#runtime/service';
import { membership } from './consumer.js';
import { refreshPage } from './refresh.js';
import { regroupPage } from './regroup.js';

const lookEveryMs = 2_000;

export const autogroup: StoredService = {
  name: 'autogroup',
  config: () => null,
  consumers: [
    membership,
    keepDocuments({ name: 'autogroup.documents', schema: 'autogroup', on: [settingsChanged] }),
  ],
  start: ({ store, bus, log }) =>
    Promise.resolve(
      together([
        repeat({ name: 'regrouping', everyMs: lookEveryMs, work: () => regroupPage(store, bus), log }),
        repeat({ name: 'refresh', everyMs: lookEveryMs, work: () => refreshPage({ store, bus }), log }),
      ]),
    ),
};
