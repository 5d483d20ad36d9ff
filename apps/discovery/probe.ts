// The task that asks a client of the edge who it is, when nothing that it said was understood (R19): by the open device API,
// by SNMP where the operator named a community, and by IPP. A serial number that nobody knows is judged as if it had been announced,
// unverified; a known device is not changed by it, nor one that waits and announced itself from there, as whoever is asked can
// have another answer.
import * as z from 'zod';
import { worker, type Ending, type Worker } from '#bus/worker';
import { cut } from '#events/cut';
import type { ProbeWay } from '#events/device';
import type { Identity } from '#events/identity';
import { messageOf } from '#events/message-of';
import { announcementProbed } from '#events/refusal';
import { settingsChanged, type Settings } from '#events/settings';
import type { Log } from '#runtime/log';
import { readDocument } from '#store/documents';
import type { Store, Tx } from '#store/store';
import type { Task } from '#store/tasks';
import { announced } from './admit.js';
import { arrivalOf } from './arrival.js';
import { announcedFrom } from './held.js';
import type { Known } from './known.js';
import { probe, rememberAnswer, type Probe } from './probe-rows.js';
import { loadKnown, saveKnown } from './rows.js';
import { mayProbe } from './unknown-clients.js';
import { waysOfAsking, whoIs, type Found, type Ports } from './who-is.js';

const payload = z.object({ peer: z.string(), reason: z.string() });

/** Clients asked at a time, over all instances. */
const probesMax = 10;
/** A device that has just been switched on may need a while until all of it answers. */
const retryDelaysMs = [30_000, 120_000] as const;

export interface Probing extends Ports {
  readonly store: Store;
  readonly log: Pick<Log, 'info'>;
  readonly retryDelaysMs?: readonly number[];
}

export function probeWorker(on: Probing): Worker {
  return worker<Probe>({
    ...probe,
    keyIs: 'address',
    limit: () => Promise.resolve(probesMax),
    payload,
    retryDelaysMs: on.retryDelaysMs ?? retryDelaysMs,
    run: async (task, { signal }) => {
      const settings = (await readDocument(on.store, 'discovery', settingsChanged))?.body;
      if (!settings || !mayProbe(settings)) return { events: [] };
      const found = await ask(on, task, { settings, signal });
      const settle = (tx: Tx) =>
        'problem' in found ? giveUp(on, tx, { ...task.payload, ...found }) : letIn(on, tx, { task, found });
      return { events: [], settle };
    },
    failed: ({ payload: of }, error) => ({
      events: [],
      settle: (tx) => giveUp(on, tx, { ...of, problem: messageOf(error) }),
    }),
  });
}

/** Said, and of no use here: asked again at once, it would be the same. */
interface Useless {
  readonly problem: string;
}

/** Throws why it is not known who it is, where it may be another time. */
async function ask(
  on: Probing,
  { payload: { peer }, attempt }: Task<Probe>,
  by: { readonly settings: Settings; readonly signal: AbortSignal },
): Promise<Found | Useless> {
  const answer = await whoIs(peer, { ways: waysOfAsking(on), attempt, ...by });
  if (answer.kind === 'found') return answer.found;
  if (answer.somebody && !answer.mayPass) return { problem: answer.reason };
  throw new Error(answer.reason);
}

interface Answered {
  readonly task: Task<Probe>;
  readonly found: Found;
}

/** Under the locks of its serial number. */
async function letIn(on: Probing, tx: Tx, { task, found }: Answered): Promise<Ending> {
  const { payload: of, traceparent } = task;
  const { identity, fingerprint, probedBy } = found;
  const { serial } = identity;
  const fingerprints = fingerprint === null ? [] : [fingerprint];
  const known = await loadKnown(tx, { serials: [serial], fingerprints });
  if (!known.settings || !mayProbe(known.settings)) return { events: [] };
  const problem = taken(known, identity, of.peer);
  if (problem !== null) return giveUp(on, tx, { ...of, probedBy, serial, problem });
  const told = announcementProbed.draft({ ...of, probedBy, serial, problem: null });
  const data = arrivalOf(found, known.now);
  const { changes, events } = announced({ id: told.id, data, traceparent }, known);
  await saveKnown(tx, changes);
  await rememberAnswer(tx, of.peer, true);
  return { events: [told, ...events] };
}

/** Why nothing comes of an answer; null: it is let in, or to the approval of an operator. */
function taken({ devices, quarantine }: Known, { serial, ip }: Identity, peer: string): string | null {
  const known = devices.get(serial)?.identity.ip ?? ip;
  if (known !== ip) return `its serial number is that of a device at ${known}, of which nothing changes`;
  const held = quarantine.get(serial);
  if (!held || !announcedFrom(held, peer)) return null;
  return 'it waits for approval as it announced itself, of which nothing changes';
}

interface Failed extends Probe {
  readonly probedBy?: ProbeWay;
  readonly serial?: string;
  readonly problem: string;
}

/** Told once, until it says who it is, and that counts. */
async function giveUp({ log }: Probing, tx: Tx, failed: Failed): Promise<Ending> {
  const { peer, reason, probedBy = null, serial = null } = failed;
  if (!(await rememberAnswer(tx, peer, false))) return { events: [] };
  const problem = cut(failed.problem.replaceAll(/\p{Cc}|\p{Zl}|\p{Zp}/gu, ' '), 1000).trim();
  const message = 'A client that says nothing understood was asked who it is, and no device comes of it';
  tx.afterCommit(() => log.info({ peer, reason, serial, problem }, message));
  return { events: [announcementProbed.draft({ peer, reason, probedBy, serial, problem })] };
}
