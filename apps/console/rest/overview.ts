// The figures at the top of the page.
import { Get, Inject } from '@nestjs/common';
import { readDocument } from '#store/documents';
import { settingsChanged } from '#events/settings';
import { PARTS, type StoredParts } from '#runtime/service';
import type { Tx } from '#store/store';
import type { ConsoleConfig } from '../config.js';
import { Resource } from '../http/resource.js';
import { statuses, type Status } from '../../../libs/answers/devices.js';
import { countHeld } from '../quarantine/quarantine.js';
import { Needs } from '../who/access.js';

@Resource('overview')
export class OverviewController {
  constructor(@Inject(PARTS) private readonly parts: StoredParts<ConsoleConfig>) {}

  @Get()
  @Needs('viewer')
  read() {
    return this.parts.store.transaction(async (tx) => {
      const [reported] = await tx.query<{ body: object }>(
        `select body from console.report where subject = 'seats'`,
      );
      const settings = await readDocument(tx, 'console', settingsChanged);
      return {
        ...(await counts(tx)),
        held: await countHeld(tx),
        seats: reported?.body ?? { seats: 0, taken: 0, waiting: 0 },
        acceptAnnouncements: settings?.body.acceptAnnouncements ?? false,
        announcePort: this.parts.config.announcePort,
        allowRemediation: settings?.body.allowRemediation ?? false,
      };
    });
  }
}

interface Row {
  readonly status: Status;
  readonly devices: number;
  readonly queued: number;
  readonly running: number;
  readonly putBack: number;
}

async function counts(tx: Tx): Promise<object> {
  const rows = await tx.query<Row>(
    `select status, count(*) as devices, sum(queued)::int as queued, sum(running)::int as running,
       count(*) filter (where status = 'unassessed' and state->>'putBackAt' is not null) as "putBack"
     from console.device where listed group by status`,
  );
  const sum = (of: Exclude<keyof Row, 'status'>) => rows.reduce((all, row) => all + row[of], 0);
  const byStatus = new Map(rows.map(({ status, devices }) => [status, devices]));
  return {
    devices: sum('devices'),
    ...Object.fromEntries(statuses.map((status) => [status, byStatus.get(status) ?? 0])),
    putBack: sum('putBack'),
    tasks: { queued: sum('queued'), running: sum('running') },
  };
}
