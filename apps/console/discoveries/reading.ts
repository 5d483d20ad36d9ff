// Lists of devices as they are sent: read in turns, so that a long one holds up nobody, and refused whole, every bad line named.
import { setImmediate as nextTurn } from 'node:timers/promises';
import * as z from 'zod';
import {
  listLinesMax,
  readDeviceCells,
  readDeviceList,
  type DeviceList,
  type ListFault,
  type ListFormat,
} from '#documents/device-list';
import { leftOutWords } from '#documents/device-list/left-out';
import type { Reach } from '#documents/device-list/where';
import { faultyLines } from '#documents/serial-line';
import { pathOf, shapeFaults, tellFault } from '#documents/shape-faults';
import { Refusal, sentence, type Fault } from '../refusal.js';

/** Between two turns of others. */
const turnMs = 15;

const words = z.string().max(1_000).optional();
const entry = z.strictObject({ address: words, host: words, serial: words, name: words, location: words });
const body = z.strictObject({ entries: z.array(entry).min(1).max(listLinesMax) });

const formats: Readonly<Record<string, ListFormat>> = {
  'text/plain': 'text',
  'text/csv': 'csv',
  'application/xml': 'xml',
  'text/xml': 'xml',
};

export interface Sent {
  readonly format: ListFormat | 'entries';
  readonly list: DeviceList;
}

/** Throws Refusal. */
export async function readSent(sent: unknown, contentType: string, reach: Reach): Promise<Sent> {
  const format = formats[contentType.split(';')[0]?.trim().toLowerCase() ?? ''];
  if (typeof sent === 'string' && format)
    return { format, list: checked(await inTurns(readDeviceList(sent, format, reach))) };
  const parsed = body.safeParse(sent, { error: tellFault });
  if (parsed.success) {
    return { format: 'entries', list: checked(await inTurns(readDeviceCells(parsed.data.entries, reach))) };
  }
  const faults = shapeFaults(parsed.error.issues).map(({ at, message }) => ({ path: pathOf(at), message }));
  const how = 'Send text/plain, text/csv, application/xml, or JSON with entries';
  throw new Refusal('invalid', typeof sent === 'object' ? sentence(faults) : `${how}.`, faults);
}

async function inTurns<T>(steps: Generator<void, T>): Promise<T> {
  for (let began = performance.now(); ;) {
    const { done, value } = steps.next();
    if (done) return value;
    if (performance.now() - began < turnMs) continue;
    await nextTurn();
    began = performance.now();
  }
}

function checked(list: DeviceList): DeviceList {
  if (list.tooLarge !== null)
    throw new Refusal('invalid', `The list has ${list.tooLarge}; nothing was imported. Send it in parts.`);
  if (list.faults.length > 0) {
    const count = faultyLines(list.faults);
    const what = count === 1 ? '1 line is wrong' : `${count} lines are wrong`;
    // A column that is misspelt may be why.
    const leftOut = list.ignored.length > 0 ? ` ${leftOutWords(list.ignored)}` : '';
    throw new Refusal('invalid', `${what}; nothing was imported.${leftOut}`, list.faults.map(faultOf));
  }
  if (list.entries.length === 0) throw new Refusal('invalid', 'The list names no device.');
  return list;
}

function faultOf({ line, to, code, message, text }: ListFault): Fault {
  const path = line === to ? `line ${line}` : `lines ${line}-${to}`;
  return { path, line, ...(line === to ? {} : { to }), code, message, text };
}
