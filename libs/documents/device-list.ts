// Lists of devices that do not announce themselves (R35): as text, CSV or XML, one device, range or host name a row, or whoever
// answers to multicast. All of it or nothing: every bad line is named, with what is wrong and what to do. Pure, and read in
// steps, so that a long list holds up nobody.
import { serialNumber } from '../events/identity.js';
import type { Span } from '../addresses/span.js';
import { apart, type Left } from './device-list/apart.js';
import { csvRows, textRows, type Column, type Row } from './device-list/rows.js';
import {
  groundOf,
  isFault,
  readWhere,
  type Fault,
  type Ground,
  type Reach,
  type Read,
  type Where,
} from './device-list/where.js';
import { xmlRows } from './device-list/xml-rows.js';
import type { LineFault } from './serial-line.js';

export const listFormats = ['text', 'csv', 'xml'] as const;
export type ListFormat = (typeof listFormats)[number];

/** Lines, bytes and addresses that are taken at a time. */
export const listLinesMax = 100_000;
export const listBytesMax = 10_000_000;
export const listAddressesMax = 262_144;

export type ListFaultCode =
  | 'badAddress'
  | 'badHost'
  | 'badRange'
  | 'rangeTooLarge'
  | 'badHops'
  | 'macAddress'
  | 'ownAddress'
  | 'specialAddress'
  | 'outsideNetworks'
  | 'duplicate'
  | 'badSerial'
  | 'badText'
  | 'badEncoding'
  | 'badQuotes'
  | 'badXml'
  | 'lineTooLong'
  | 'missingColumn'
  | 'tooManyColumns';

export interface ListEntry extends Where {
  readonly line: number;
  /** That the device must say. */
  readonly serial: string | null;
  readonly name: string | null;
  readonly location: string | null;
  /** What of a range is asked for it, where other entries name some of its addresses, too; absent: all of it. */
  readonly left?: readonly Left[];
}

export interface ListFault extends LineFault {
  readonly code: ListFaultCode;
  /** The beginning of the line; of the first one. */
  readonly text: string;
}

export interface DeviceList {
  readonly entries: readonly ListEntry[];
  readonly faults: readonly ListFault[];
  /** Names of columns that are not known here. */
  readonly ignored: readonly string[];
  /** What it has more of than is taken at a time; null: nothing. */
  readonly tooLarge: string | null;
}

/** Rows between two chances to do something else. */
const stepRows = 100;
/** Characters of a bad line that are shown. */
const shownMax = 60;
/** Of a name, or of where a device is. */
const wordsMax = 128;

type Cells = Readonly<Partial<Record<Column, string | undefined>>>;

/** Each step of it is short; what it returns at last is the list. */
export function readDeviceList(text: string, format: ListFormat, reach: Reach): Generator<void, DeviceList> {
  const plain = text.replace(/^\uFEFF/, '');
  if (format === 'xml') return readRows(xmlRows(plain), reach);
  const split = plain.split(/\r\n|\n|\r/);
  const lines = split.at(-1) === '' ? split.slice(0, -1) : split;
  return readRows(format === 'csv' ? csvRows(lines) : textRows(lines), reach);
}

/** As a program sends it; the first is line 1. */
export const readDeviceCells = (entries: readonly Cells[], reach: Reach): Generator<void, DeviceList> =>
  readRows(
    entries.map((cells, index): Row => ({ line: index + 1, text: cells.host ?? cells.address ?? '', cells })),
    reach,
  );

function* readRows(rows: Iterable<Row>, reach: Reach): Generator<void, DeviceList> {
  const list = new Reading(groundOf(reach));
  let read = 0;
  for (const row of rows) {
    if (row === null || !('ignored' in row)) read += 1;
    if (read > listLinesMax) return list.ended(`more than ${listLinesMax} lines`);
    if (read % stepRows === 0) yield;
    if (row) list.take(row);
  }
  if (list.addresses > listAddressesMax) return list.ended(`more than ${listAddressesMax} addresses`);
  const { entries, ...rest } = list.ended(null);
  const left = yield* apart(list.spans);
  return { ...rest, entries: entries.map((entry, index) => withLeft(entry, left.get(index))) };
}

const withLeft = (entry: ListEntry, left: readonly Left[] | undefined): ListEntry =>
  left ? { ...entry, left } : entry;

class Reading {
  readonly #entries: ListEntry[] = [];
  readonly #faults: ListFault[] = [];
  readonly #ignored: string[] = [];
  /** Line by what stands in it. */
  readonly #seen = new Map<string, number>();
  /** Of each entry. */
  readonly spans: (Span | null)[] = [];
  addresses = 0;

  constructor(private readonly ground: Ground) {}

  ended(tooLarge: string | null): DeviceList {
    return { entries: this.#entries, faults: this.#faults, ignored: this.#ignored, tooLarge };
  }

  take(row: NonNullable<Row>): void {
    if ('ignored' in row) return void this.#ignored.push(shown(row.ignored));
    const read = 'code' in row ? row : entryOf(row, this.ground);
    if (isFault(read)) return this.#tell(row, read);
    const { span, ...entry } = read;
    const before = this.#seen.get(entry.at);
    if (before !== undefined)
      return this.#tell(row, {
        code: 'duplicate',
        message: `is the same as line ${before}: take one of them out`,
      });
    this.#seen.set(entry.at, entry.line);
    this.#entries.push(entry);
    this.spans.push(span);
    this.addresses += entry.count;
  }

  /** Neighbours with the same fault are told once. */
  #tell({ line, text }: { readonly line: number; readonly text: string }, { code, message }: Fault): void {
    const last = this.#faults.at(-1);
    if (last?.to === line - 1 && last.message === message)
      this.#faults[this.#faults.length - 1] = { ...last, to: line };
    else this.#faults.push({ line, to: line, code, message, text: shown(text) });
  }
}

const shown = (text: string): string =>
  text
    .trim()
    .slice(0, shownMax)
    .toWellFormed()
    .replaceAll(/\p{Cc}|\p{Zl}|\p{Zp}/gu, ' ');

function entryOf(
  { line, cells }: Extract<Row, { cells: Cells }>,
  ground: Ground,
): (ListEntry & Pick<Read, 'span'>) | Fault {
  const bad = Object.entries(cells).map(([column, text]) => faultOfCell(column, text ?? ''));
  const fault = bad.find((each) => each !== null);
  if (fault) return fault;
  const said = cells.host?.trim() || cells.address?.trim() || '';
  if (said === '')
    return {
      code: 'missingColumn',
      message: 'has neither an address nor a host name: write one, or take the line out',
    };
  const where = readWhere(said, ground);
  if (isFault(where)) return where;
  const serial = cells.serial?.trim() ? serialNumber.safeParse(cells.serial) : null;
  if (serial && (!serial.success || where.count !== 1)) return badSerial(where.count);
  return {
    line,
    ...where,
    serial: serial?.data ?? null,
    name: cells.name?.trim() || null,
    location: cells.location?.trim() || null,
  };
}

function badSerial(count: number): Fault {
  const message =
    count !== 1
      ? 'has a serial number for more than one address: leave it empty, or write the one address'
      : 'has a serial number that is none: 4 to 32 letters, digits or hyphens, or leave it empty';
  return { code: 'badSerial', message };
}

function faultOfCell(column: string, text: string): Fault | null {
  if (text.includes('\uFFFD') || !text.isWellFormed())
    return { code: 'badEncoding', message: 'is not UTF-8: save the file as UTF-8 text' };
  if (/\p{Cc}|\p{Zl}|\p{Zp}/u.test(text.trim()))
    return { code: 'badText', message: `has a control character in ${column}: take it out` };
  if (text.trim().length > wordsMax && (column === 'name' || column === 'location'))
    return { code: 'badText', message: `has more than ${wordsMax} characters in ${column}: shorten it` };
  return null;
}
