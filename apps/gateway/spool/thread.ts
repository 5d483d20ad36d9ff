// The thread that writes the spool: a flush to a slow disk must not keep the gateway from answering its devices.
import { parentPort, workerData } from 'node:worker_threads';
import { faultOf, type SpoolFault } from './fault.js';
import type { Row, SpoolFile } from './file.js';
import { Slots } from './slots.js';

export interface ThreadOptions {
  readonly dir: string;
  readonly bytesMax: number;
}

export type Order =
  | { readonly do: 'append'; readonly events: readonly string[] }
  | { readonly do: 'next'; readonly max: number }
  /** `count` rows of a file, up to `place`, are the broker's now. */
  | { readonly do: 'confirm'; readonly file: string; readonly place: number; readonly count: number }
  | { readonly do: 'setAside'; readonly file: string; readonly place: number }
  /** Opens what is not open yet, looks for what others left; where writing failed, tries it. */
  | { readonly do: 'look'; readonly write: boolean }
  | { readonly do: 'close' };

/** What the spool holds now. */
export interface Numbers {
  /** Not confirmed yet, in this process's own file and in those that it took over. */
  readonly own: number;
  readonly adopted: number;
  readonly bytes: number;
  readonly oldestAtMs: number | null;
}

/** Announcements to be published, all of one file. */
export interface Waiting {
  readonly file: string;
  readonly rows: readonly Row[];
}

export type Said =
  | {
      readonly number: number;
      readonly numbers: Numbers;
      readonly waiting: Waiting | null;
      readonly fault: Pick<SpoolFault, 'code' | 'message'> | null;
    }
  | {
      readonly log: 'info' | 'error';
      readonly fields: object;
      readonly message: string;
    };

const port = parentPort;
if (!port) throw new Error('the spool is written by a thread of the gateway');
const { dir, bytesMax } = workerData as ThreadOptions;
const tell = (said: Said): void => port.postMessage(said);
const slots = new Slots({ dir, bytesMax, say: (log, fields, message) => tell({ log, fields, message }) });

function carryOut(order: Order): Waiting | null {
  switch (order.do) {
    case 'append':
      append(order.events);
      return null;
    case 'next':
      return next(order.max);
    case 'confirm':
      on(order.file, (file) => file.confirm(order.place, order.count));
      return null;
    case 'setAside':
      on(order.file, (file) => file.setAside(order.place));
      return null;
    case 'look':
      look(order.write);
      return null;
    case 'close':
      slots.close();
      return null;
  }
}

/** Once more on a new file when the one that was there proved corrupt. */
function append(events: readonly string[]): void {
  const held = slots.own();
  try {
    slots.on(held, (file) => file.append(events));
  } catch (error) {
    if (slots.held().includes(held)) throw error;
    slots.on(slots.own(), (file) => file.append(events));
  }
}

function next(max: number): Waiting | null {
  const held = slots.held().find(({ file }) => file.waiting > 0);
  return held ? { file: held.id, rows: slots.on(held, (file) => file.next(max)) } : null;
}

/** A file that was set aside meanwhile is no longer there. */
function on(id: string, work: (file: SpoolFile) => void): void {
  const held = slots.held().find((each) => each.id === id);
  if (held) slots.on(held, work);
}

function look(write: boolean): void {
  const own = slots.own();
  if (write) slots.on(own, (file) => file.touch());
  slots.adopt();
}

let last: Numbers = { own: 0, adopted: 0, bytes: 0, oldestAtMs: null };

/** Those before, when they cannot be read. */
function numbers(): Numbers {
  try {
    const files = slots.held().map(({ file }) => file);
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    const oldest = files.flatMap((file) => file.oldestAtMs ?? []);
    const oldestAtMs = oldest.length > 0 ? Math.min(...oldest) : null;
    last = { ...slots.waiting(), bytes, oldestAtMs };
  } catch {
    last = { ...last, ...slots.waiting() };
  }
  return last;
}

function answer(number: number, order: Order): Said {
  try {
    const waiting = carryOut(order);
    return { number, numbers: numbers(), waiting, fault: null };
  } catch (error) {
    const { code, message } = faultOf(error);
    return { number, numbers: numbers(), waiting: null, fault: { code, message } };
  }
}

port.on('message', ({ number, order }: { readonly number: number; readonly order: Order }) => {
  tell(answer(number, order));
  if (order.do === 'close') port.close();
});
