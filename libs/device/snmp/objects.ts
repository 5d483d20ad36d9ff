// Which objects settings are on one device: those of the catalogue, or what stands in for them where the device has not got
// those, such as rows of a table.
import snmp, { type Session, type Varbind } from 'net-snmp';
import type { SettingValue } from '../../events/device-setting.js';
import type { SnmpRow, SnmpSyntax, SnmpObject } from '../catalogue/setting.js';
import { firstRows, getAll, type Answers } from './ask.js';
import { valueOf, type Judged } from './value.js';

export type SnmpObjects = ReadonlyMap<string, SnmpObject>;

/** What a setting is on a device. */
export interface Objects {
  readonly syntax: SnmpSyntax;
  readonly writable: boolean;
  /** At least one. */
  readonly oids: readonly string[];
}

export interface Found {
  readonly answers: Answers;
  /** By key; those that are not in it the device has not. */
  readonly objects: ReadonlyMap<string, Objects>;
}

export interface Looking {
  readonly ways: SnmpObjects;
  /** Objects asked for beside them. */
  readonly besides: readonly string[];
}

export async function lookFor(
  session: Session,
  { ways, besides }: Looking,
  before: ReadonlyMap<string, Objects> = new Map(),
): Promise<Found> {
  const tables = await rowsOf(session, ways);
  const oidsOf = ({ oid, row }: SnmpObject): readonly string[] =>
    row ? (tables.get(keyOf(row)) ?? []).map((instance) => `${oid}.${instance}`) : [oid];
  const answers = await getAll(session, [...besides, ...[...ways.values()].flatMap(oidsOf)]);
  const objects = new Map(before);
  const left = new Map<string, SnmpObject>();
  for (const [key, way] of ways) {
    const oids = oidsOf(way).filter((oid) => answers.found.has(oid) || answers.failed.has(oid));
    if (oids.length > 0) objects.set(key, { ...way, oids });
    else if (way.or) left.set(key, way.or);
  }
  if (left.size === 0) return { answers, objects };
  const more = await lookFor(session, { ways: left, besides: [] }, objects);
  return { answers: together(answers, more.answers), objects: more.objects };
}

/** What is said of a setting; null: the device has no such thing. */
export function saidOf({ syntax, oids }: Objects, { found, failed }: Answers): Judged<SettingValue> | null {
  const said = oids.flatMap((oid): readonly Judged<SettingValue>[] => {
    const varbind = found.get(oid);
    const fault = failed.get(oid);
    if (varbind) return [valueOf(syntax, varbind)];
    return fault === undefined ? [] : [{ fault }];
  });
  const on = said.find((one) => 'value' in one && one.value !== false);
  return on ?? said.find((one) => 'fault' in one) ?? said[0] ?? null;
}

const together = (one: Answers, other: Answers): Answers => ({
  found: new Map([...one.found, ...other.found]),
  failed: new Map([...one.failed, ...other.failed]),
});

const keyOf = ({ column, is }: SnmpRow): string => `${column} ${is}`;

/** Rows of a table that are looked at, by one GETBULK. */
const rowsMax = 32;
/** SNMPv1 asks for each by its number: those of the first device in the table, as in hrDeviceTable. */
const instancesOfVersion1 = [1, 2, 3, 4, 5, 6, 7, 8].map((number) => `1.${number}`);

/** Instances of the rows that are meant. */
async function rowsOf(session: Session, ways: SnmpObjects): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = new Map([...ways.values()].flatMap(({ row }) => (row ? [[keyOf(row), row] as const] : [])));
  const columns = new Map<string, readonly Varbind[]>();
  for (const { column } of rows.values()) {
    if (!columns.has(column)) columns.set(column, await columnOf(session, column));
  }
  return new Map(
    [...rows].map(([key, { column, is }]) => {
      const meant = (columns.get(column) ?? []).filter(({ value }) => value === is);
      return [key, meant.map(({ oid }) => oid.slice(column.length + 1))];
    }),
  );
}

async function columnOf(session: Session, column: string): Promise<readonly Varbind[]> {
  if (session.version !== snmp.Version1) return firstRows(session, column, rowsMax);
  const oids = instancesOfVersion1.map((instance) => `${column}.${instance}`);
  return [...(await getAll(session, oids)).found.values()];
}
