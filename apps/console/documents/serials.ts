// The serial-number list (R33): the filter table, of which the entries not yet discovered are shown.
import { Inject, Injectable } from '@nestjs/common';
import {
  faultsOfSerials,
  faultyLines,
  serialLines,
  serialLinesMax,
  type LineFault,
} from '#documents/serial-line';
import { serialNumber } from '#events/identity';
import { serialListChanged } from '#events/serial-list';
import { PARTS, type StoredParts } from '#runtime/service';
import type { Tx } from '#store/store';
import { containing } from '../http/resource.js';
import { Refusal, type Fault } from '../refusal.js';
import { audit } from '../who/audit.js';
import { record, type Writer } from './written.js';

/** Serial numbers in one event; a list larger than that is told in several. */
const chunk = 5000;

/** waiting: not discovered yet, the visible list. all: the filter table. */
export const shownLists = ['waiting', 'all'] as const;
export type ShownList = (typeof shownLists)[number];

export interface Entry {
  readonly serial: string;
  readonly addedBy: string;
  readonly addedAt: Date;
  readonly discoveredAt: Date | null;
}

export interface Added {
  readonly added: number;
  /** On the list already, or twice in what was sent. */
  readonly known: number;
}

@Injectable()
export class Serials {
  constructor(@Inject(PARTS) private readonly parts: StoredParts) {}

  /** By serial number, after one. */
  entries(show: ShownList, search: string, after: string, limit: number): Promise<readonly Entry[]> {
    return this.parts.store.query<Entry & Record<string, unknown>>(
      `select serial, added_by as "addedBy", added_at as "addedAt", discovered_at as "discoveredAt"
       from console.serial where ${matching} and serial > $3 order by serial limit $4`,
      [show, containing(search), after, limit],
    );
  }

  async count(show: ShownList, search: string): Promise<number> {
    const [row] = await this.parts.store.query<{ total: number }>(
      `select count(*) as total from console.serial where ${matching}`,
      [show, containing(search)],
    );
    return row?.total ?? 0;
  }

  async add(serials: readonly string[], by: Writer): Promise<Added> {
    return this.parts.store.transaction(async (tx) => {
      await lockList(tx);
      // Devices that are there already have nothing to wait for: their entries are not shown.
      const rows = await tx.query<{ serial: string }>(
        `insert into console.serial (serial, added_by, discovered_at)
         select distinct s, $2, case when d.serial is null then null else now() end
         from unnest($1::text[]) as s
         left join (select distinct serial from console.device where listed) d on d.serial = s
         on conflict do nothing returning serial`,
        [serials, by.name],
      );
      const added = rows.map(({ serial }) => serial);
      await this.#tell(tx, added, [], by);
      return { added: added.length, known: serials.length - added.length };
    });
  }

  async remove(serial: string, by: Writer): Promise<void> {
    await this.parts.store.transaction(async (tx) => {
      await lockList(tx);
      const rows = await tx.query('delete from console.serial where serial = $1 returning serial', [serial]);
      if (rows.length === 0) throw new Refusal('notFound', `${serial} is not on the list.`);
      await this.#tell(tx, [], [serial], by);
    });
  }

  async #tell(tx: Tx, added: readonly string[], removed: readonly string[], by: Writer): Promise<void> {
    const parts = [
      ...chunks(added).map((part) => [part, []] as const),
      ...chunks(removed).map((part) => [[], part] as const),
    ];
    if (parts.length === 0) return;
    const [row] = await tx.query<{ version: number }>(
      'update console.installation set serial_list_version = serial_list_version + $1 returning serial_list_version as version',
      [parts.length],
    );
    const first = (row?.version ?? parts.length) - parts.length + 1;
    const drafts = parts.map(([plus, minus], index) =>
      serialListChanged.draft({
        version: first + index,
        added: [...plus],
        removed: [...minus],
        changedBy: by.name,
      }),
    );
    const detail = { added: added.length, removed: removed.length };
    await audit(tx, {
      who: by.name,
      from: by.from,
      action: 'serialList.changed',
      target: 'serialList',
      detail,
    });
    await record(tx, this.parts.bus, drafts);
  }
}

const matching = `($1 = 'all' or discovered_at is null) and ($2 = '%%' or lower(serial) like $2)`;

/** Orders the versions of the list, and holds the projection off: it marks entries whose devices are discovered. */
async function lockList(tx: Tx): Promise<void> {
  await tx.query('select 1 from console.installation for update');
}

function chunks(serials: readonly string[]): readonly (readonly string[])[] {
  const sorted = serials.toSorted();
  return Array.from({ length: Math.ceil(sorted.length / chunk) }, (_, index) =>
    sorted.slice(index * chunk, (index + 1) * chunk),
  );
}

/** Serial numbers of a text, one a line, blank lines aside. Throws Refusal that names every bad line: all or nothing. */
export function readSerials(text: string): readonly string[] {
  const lines = serialLines(text);
  if (lines.length > serialLinesMax) {
    throw new Refusal(
      'invalid',
      `The text has ${lines.length} lines; at most ${serialLinesMax} are taken at a time.`,
    );
  }
  const faults = faultsOfSerials(lines);
  if (faults.length > 0) {
    const count = faultyLines(faults);
    const what = count === 1 ? '1 line is no serial number' : `${count} lines are no serial numbers`;
    throw new Refusal('invalid', `${what}; nothing was imported.`, faults.map(faultOf));
  }
  const serials = lines.flatMap((line) => serialNumber.safeParse(line).data ?? []);
  if (serials.length === 0) throw new Refusal('invalid', 'The text has no serial number.');
  return serials;
}

const faultOf = ({ line, to, message }: LineFault): Fault =>
  line === to ? { path: `line ${line}`, line, message } : { path: `lines ${line}-${to}`, line, to, message };
