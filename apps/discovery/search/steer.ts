// The task of one search (R35): each second it makes some tasks more of what is looked for, and tells what came of those that ended.
// Where it is, is in tables, and each step is in one transaction: whoever goes on after a death begins where that one was.
import * as z from 'zod';
import { worker, type Ending, type Worker } from '#bus/worker';
import { discoveryProgressed } from '#events/discovery';
import type { Tx } from '#store/store';
import type { Cause } from '../known.js';
import {
  countFinds,
  dropParts,
  endSearch,
  holdSearch,
  isAsking,
  movePart,
  nextPart,
  saveTargets,
  steer,
  type Search,
} from './rows.js';
import { countNobody, takeAnswers } from './told.js';
import { takeTargets } from './targets.js';

/** Searches that go a step at a time. */
const searchesMax = 4;
/** New addresses in a step: a network shall not take a search for an attack, nor Muster have no time for anything else. */
const stepMax = 50;
/** Addresses that wait or are asked, of all searches. */
const findsMax = 600;
const pauseMs = 1_000;
const retryDelaysMs = [2_000, 10_000] as const;
const afterTroubleMs = 60_000;

export function steerWorker({ stepMs = pauseMs }: { readonly stepMs?: number } = {}): Worker {
  return worker({
    ...steer,
    keyIs: 'discovery',
    limit: () => Promise.resolve(searchesMax),
    payload: z.object({}),
    retryDelaysMs,
    run: ({ key, causedBy, traceparent }) => {
      const cause = causedBy === null ? null : { id: causedBy, traceparent };
      const settle = async (tx: Tx): Promise<Ending> => {
        const { events, left } = await step(tx, key, cause);
        if (left === 'nothing') return { events };
        return { events, againAt: new Date(Date.now() + (left === 'answers' ? 0 : stepMs)) };
      };
      return Promise.resolve({ events: [], settle });
    },
    failed: () => ({ events: [], againAt: new Date(Date.now() + afterTroubleMs) }),
  });
}

interface Step extends Pick<Ending, 'events'> {
  /** answers: more of them are to be told than fit into one event. */
  readonly left: 'nothing' | 'answers' | 'some';
}

/** What ends meanwhile has its answer in the same transaction: who is not asked any more is among the answers. */
async function step(tx: Tx, id: string, cause: Cause | null): Promise<Step> {
  const search = await holdSearch(tx, id);
  if (!search) return { events: [], left: 'nothing' };
  if (search.cancelled) await dropParts(tx, id);
  const isBusy = await isAsking(tx, id);
  const { results, nobody, full } = await takeAnswers(tx, id);
  const left = await makeSome(tx, id, cause);
  const isOver = !isBusy && !full && !left && isComplete(search);
  await countNobody(tx, id, nobody);
  if (isOver) await endSearch(tx, id);
  const draft = discoveryProgressed.draft({
    discoveryId: id,
    results: [...results],
    nobody: search.nobody + nobody,
    named: search.named,
    ended: isOver ? (search.cancelled ? 'cancelled' : 'done') : null,
  });
  // What was named is told once some of it is made tasks: until then there is nothing to be seen of it.
  const events = isOver || nobody > 0 || results.length > 0 || (left && search.named > 0) ? [draft] : [];
  return { events, left: isOver ? 'nothing' : full ? 'answers' : 'some' };
}

const isComplete = ({ cancelled, parts, heard }: Search): boolean => cancelled || heard >= parts;

/** True when tasks were made, or there is more to make. */
async function makeSome(tx: Tx, id: string, cause: Cause | null): Promise<boolean> {
  const room = Math.min(stepMax, findsMax - (await countFinds(tx)));
  let made = 0;
  for (let part = await nextPart(tx, id); part; part = await nextPart(tx, id)) {
    if (made >= room) return true;
    const { targets, next } = takeTargets(part.wanted, part.place, room - made);
    await saveTargets(tx, { search: id, targets, cause });
    await movePart(tx, { search: id, part: part.part, next });
    made += targets.length;
  }
  return made > 0;
}
