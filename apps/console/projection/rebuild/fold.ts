// A device made anew from its events: pure. What the journal has is derived by the same rules as live; what it does not
// have stays as it is, and nothing becomes older than what is shown now.
import type { AssessmentFinished } from '#events/assessment';
import { deviceRetired } from '#events/device';
import type { Event } from '#events/event';
import { blankView, type DeviceView, type Marks } from '../device-view.js';
import { deviceChanges } from '../projection.js';
import { historyMax } from '../tables.js';

/** An event of the device that the journal has and the live consumer has handled; without its data. */
export interface Head {
  readonly publisher: string;
  readonly sequence: number;
  readonly type: string;
  readonly at: string;
}

export interface Entry {
  readonly at: string;
  readonly type: string;
  readonly text: string;
}

/** What is shown now. */
export interface Shown {
  readonly view: DeviceView;
  /** Oldest first. */
  readonly history: readonly Entry[];
}

export interface Start {
  readonly seed: DeviceView;
  /** Entries of which the journal has no event. */
  readonly kept: readonly Entry[];
  /** The journal has all that was ever heard of it. */
  readonly whole: boolean;
}

export interface Made {
  readonly view: DeviceView;
  readonly entries: readonly Entry[];
  readonly result: AssessmentFinished | null;
}

/** Whose sequence each part of the view goes by. */
const publisherOf: Readonly<Record<keyof Marks, string>> = {
  identity: 'discovery',
  conflict: 'discovery',
  retired: 'discovery',
  licence: 'licensing',
  groups: 'autogroup',
  result: 'assessment',
  used: 'assessment',
  assessment: 'assessment',
  settled: 'discovery',
  moved: 'discovery',
};
const marksOf = (each: (part: keyof Marks) => number): Marks => ({
  identity: each('identity'),
  conflict: each('conflict'),
  retired: each('retired'),
  licence: each('licence'),
  groups: each('groups'),
  result: each('result'),
  used: each('used'),
  assessment: each('assessment'),
  settled: each('settled'),
  moved: each('moved'),
});

/**
 * Where to begin. A device of which the journal has all begins blank. Another begins as it is, with the marks emptied of
 * those parts whose maker is among the events: these are derived anew, the others yield to what is newer only.
 */
export function startOf({ view, history }: Shown, heads: readonly Head[]): Start {
  const kept = without(history, heads);
  const whole =
    kept.length === 0 && history.length === view.entries && heads.length === view.entries && heads.length > 0;
  if (whole) return { seed: blankView(view.id), kept, whole };
  const told = new Set(heads.map(({ publisher, sequence }) => `${publisher} ${sequence}`));
  const emptied = (publisher: string, sequence: number): number =>
    told.has(`${publisher} ${sequence}`) ? 0 : sequence;
  // A deletion that came after its device was found again: what made it stale may lie before the journal.
  const stale = heads.some(
    ({ type, sequence }) => type === deviceRetired.type && sequence > view.marks.retired,
  );
  const marks = marksOf((part) =>
    part === 'identity' && stale ? view.marks.identity : emptied(publisherOf[part], view.marks[part] ?? 0),
  );
  const tasks = view.tasks.map((task) => ({ ...task, sequence: emptied('assessment', task.sequence) }));
  const claims = (view.claims ?? []).map((claim) => ({
    ...claim,
    sequence: emptied('discovery', claim.sequence),
  }));
  const leftOut = view.leftOut && {
    ...view.leftOut,
    sequence: emptied('discovery', view.leftOut.sequence),
  };
  return {
    seed: { ...blankView(view.id), ...view, marks, tasks, claims, leftOut: leftOut ?? null },
    kept,
    whole,
  };
}

/** Entries that none of the events wrote, by time and type: their words may be what is to be mended. */
function without(history: readonly Entry[], heads: readonly Head[]): readonly Entry[] {
  const left = new Map<string, number>();
  for (const head of heads) left.set(keyOf(head), (left.get(keyOf(head)) ?? 0) + 1);
  return history.filter((entry) => {
    const count = left.get(keyOf(entry)) ?? 0;
    left.set(keyOf(entry), count - 1);
    return count <= 0;
  });
}

const keyOf = ({ at, type }: Pick<Entry, 'at' | 'type'>): string => `${Date.parse(at)} ${type}`;

export const begun = ({ seed }: Start): Made => ({ view: seed, entries: [], result: null });

/** One more event, in the order of the journal. */
export function hear(made: Made, event: Event): Made {
  const state = { devices: new Map([[made.view.id, made.view]]) };
  return deviceChanges(event, state).reduce<Made>((now, change) => {
    if (change.kind === 'device') return { ...now, view: change.view };
    if (change.kind === 'result') return { ...now, result: change.body };
    if (change.kind !== 'history') return now;
    const { at, type, text } = change;
    const entries = [...now.entries, { at, type, text }];
    return { ...now, entries: entries.length > 2 * historyMax ? newest(entries) : entries };
  }, made);
}

/** What is shown from now on. `heard`: how many events it was made from. */
export function endOf(before: DeviceView, start: Start, made: Made, heard: number): Shown {
  const entries = Math.max(before.entries, start.kept.length + heard);
  const { marks } = made.view;
  const kept = start.whole ? marks : marksOf((part) => marks[part] || (before.marks[part] ?? 0));
  return { view: { ...made.view, marks: kept, entries }, history: newest([...start.kept, ...made.entries]) };
}

/** Oldest first. */
const newest = (entries: readonly Entry[]): readonly Entry[] =>
  entries.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at)).slice(-historyMax);
