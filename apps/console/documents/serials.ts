// The serial-number list (R33): the filter table, of which the entries not yet discovered are shown.
import { Inject, Injectable } from '@nestjs/common';
import { serialNumber } from '#events/identity';
import { serialListChanged } from '#events/serial-list';
import { PARTS, type StoredParts } from '#runtime/service';
import type { Tx } from '#store/store';
import { Refusal, type Fault } from '../refusal.js';
import { audit } from '../who/audit.js';
import { record, type Writer } from './written.js';

/** Serial numbers in one event; a list larger than that is told in several. */
const chunk = 5000;
export const linesMax = 100_000;

export interface Added {
  readonly added: number;
  /** On the list already, or twice in what was sent. */
  readonly known: number;
}

@Injectable()
export class Serials {
  constructor(@Inject(PARTS) private readonly parts: StoredParts) {}

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
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  if (lines.at(-1) === '') lines.pop();
  if (lines.length > linesMax) {
    throw new Refusal(
      'invalid',
      `The text has ${lines.length} lines; at most ${linesMax} are taken at a time.`,
    );
  }
  const faults: Fault[] = [];
  const serials = lines.flatMap((line, index) => {
    if (line.trim() === '') return [];
    const parsed = serialNumber.safeParse(line);
    if (parsed.success) return [parsed.data];
    faults.push({
      path: `line ${index + 1}`,
      line: index + 1,
      message: 'must be 4 to 32 letters, digits or hyphens',
    });
    return [];
  });
  if (faults.length > 0) {
    throw new Refusal(
      'invalid',
      `${faults.length} lines are no serial numbers; nothing was imported.`,
      faults,
    );
  }
  if (serials.length === 0) throw new Refusal('invalid', 'The text has no serial number.');
  return serials;
}
