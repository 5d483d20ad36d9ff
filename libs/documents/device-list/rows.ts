// The rows of a list of devices, as each format has them; what stands in them is looked at afterwards (device-list.ts).
import type { ListFaultCode } from '../device-list.js';
import { cellsOf, separatorOf } from './csv-cells.js';

/** What a list may say of a device; a host name counts before an address. */
export const columns = ['address', 'host', 'serial', 'name', 'location'] as const;
export type Column = (typeof columns)[number];

/** A row that can be read, a row or line that cannot, or something of which nothing comes. */
export type Row =
  | {
      readonly line: number;
      readonly text: string;
      readonly cells: Readonly<Partial<Record<Column, string>>>;
    }
  | { readonly line: number; readonly text: string; readonly code: ListFaultCode; readonly message: string }
  | { readonly ignored: string }
  | null;

/** Characters of a line. */
const lineMax = 1_000;

type Bad = Pick<Extract<Row, { code: ListFaultCode }>, 'code' | 'message'>;

/** One address, range, network or host name a line; what follows a # is for people. */
export function* textRows(lines: readonly string[]): Generator<Row> {
  for (const [index, line] of lines.entries()) {
    // First of all, so that what follows looks at short lines alone.
    const fault = faultOfLine(line);
    const text = fault ? '' : withoutComment(line).trim();
    const bad = fault ?? (text === '' ? null : faultOfWords(text));
    if (bad) yield { line: index + 1, text: line, ...bad };
    else yield text === '' ? null : { line: index + 1, text: line, cells: { address: text } };
  }
}

/** A # that begins the line, or has a space before it, begins what is for people. */
function withoutComment(line: string): string {
  const at = line.search(/(?<!\S)#/);
  return at < 0 ? line : line.slice(0, at);
}

/** Spaces are taken around the hyphen of a range alone. */
const faultOfWords = (text: string): Bad | null =>
  /[\s,;]/.test(text.replace(/(?<!\s)\s+-\s+/, '-'))
    ? { code: 'tooManyColumns', message: 'has more than one thing: write one a line, or send columns as CSV' }
    : null;

function faultOfLine(line: string): Bad | null {
  if (line.includes('\uFFFD') || !line.isWellFormed())
    return { code: 'badEncoding', message: 'is not UTF-8: save the file as UTF-8 text' };
  if (line.includes('\0'))
    return { code: 'badEncoding', message: 'has a NUL character: save the file as UTF-8, not as UTF-16' };
  if (line.length > lineMax)
    return { code: 'lineTooLong', message: `has more than ${lineMax} characters: shorten it` };
  return null;
}

/** The first line says what stands in which column, in any order; columns that are not known are left out. */
export function* csvRows(lines: readonly string[]): Generator<Row> {
  const at = Math.max(
    0,
    lines.findIndex((line) => line.trim() !== ''),
  );
  const head = lines[at] ?? '';
  const separator = separatorOf(head);
  const titles = faultOfLine(head) ? null : cellsOf(head, separator);
  const names = titles?.map(columnOf) ?? [];
  const bad = faultOfHead(titles, names);
  if (bad) {
    yield { line: at + 1, text: head, ...bad };
    return;
  }
  for (const [index, name] of names.entries()) if (!name) yield { ignored: titles?.[index] ?? '' };
  for (let index = at + 1; index < lines.length; index += 1) {
    yield csvRow({ line: index + 1, text: lines[index] ?? '' }, names, separator);
  }
}

const columnNames: Readonly<Record<string, Column>> = {
  address: 'address',
  ip: 'address',
  ipaddress: 'address',
  host: 'host',
  hostname: 'host',
  serial: 'serial',
  serialnumber: 'serial',
  name: 'name',
  location: 'location',
};

const columnOf = (title: string): Column | undefined => {
  const plain = title.toLowerCase().replaceAll(/[^a-z]/g, '');
  return Object.hasOwn(columnNames, plain) ? columnNames[plain] : undefined;
};

function faultOfHead(titles: readonly string[] | null, names: readonly (Column | undefined)[]): Bad | null {
  if (!titles)
    return {
      code: 'badQuotes',
      message: 'cannot be read as the names of columns: write address,serial,name,location',
    };
  const known = names.filter((name) => name !== undefined);
  if (!known.includes('address') && !known.includes('host'))
    return {
      code: 'missingColumn',
      message: 'names no column address or host: begin the file with the names of its columns',
    };
  const twice = known.find((name, index) => known.indexOf(name) !== index);
  return twice ? { code: 'tooManyColumns', message: `names the column ${twice} twice: leave one` } : null;
}

function csvRow(
  at: { readonly line: number; readonly text: string },
  names: readonly (Column | undefined)[],
  separator: string,
): Row {
  const { text } = at;
  const bad = faultOfLine(text);
  if (bad) return { ...at, ...bad };
  if (text.trim() === '') return null;
  const cells = cellsOf(text, separator);
  if (!cells)
    return {
      ...at,
      code: 'badQuotes',
      message: 'has a quotation mark that is not closed, or text behind one: mend or remove it',
    };
  if (cells.length > names.length)
    return {
      ...at,
      code: 'tooManyColumns',
      message: `has ${cells.length} columns, and ${names.length} are named: put what holds a separator between quotation marks`,
    };
  if (cells.length < names.length)
    return {
      ...at,
      code: 'missingColumn',
      message: `has ${cells.length} of ${names.length} columns: leave a column empty, but keep its separator`,
    };
  const named = names.flatMap((name, index) => (name ? [[name, cells[index] ?? ''] as const] : []));
  return { ...at, cells: Object.fromEntries(named) };
}
