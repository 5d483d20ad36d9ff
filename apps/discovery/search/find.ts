// The task that asks one address, or where a host name leads now, who is there (R30, R35). Who says it is judged as if it had
// announced that from there: an operator's entry proves nothing more than what the device itself says.
import { randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import * as z from 'zod';
import { worker, type Ending, type Grip, type Worker } from '#bus/worker';
import { mayConnect } from '#device/address';
import { whatAnswers, type PortsOfDevices } from '#device/find/there';
import type { DiscoveryResult } from '#events/discovery';
import { messageOf } from '#events/message-of';
import { settingsChanged } from '#events/settings';
import { ownAddresses } from '#addresses/own';
import { readDocument } from '#store/documents';
import type { Store, Tx } from '#store/store';
import type { Task } from '#store/tasks';
import { announced } from '../admit.js';
import { arrivalOf } from '../arrival.js';
import type { Arrival } from '../known.js';
import { loadKnown, saveKnown } from '../rows.js';
import { whoIs, type Answer, type Asking, type Found, type Way } from '../who-is.js';
import { addressesOf } from './names.js';
import { becameOf, plain } from './outcome.js';
import { find, stillWanted, type Find, type Want } from './rows.js';
import { saveAnswers, type Told } from './told.js';

/** Addresses asked at a time, over all instances: at most of them nobody is, which costs a timer. */
const findsMax = 300;
const retryDelaysMs = [10_000] as const;

const want = z.object({
  search: z.uuid(),
  line: z.int(),
  serial: z.string().nullable(),
  ofRange: z.boolean(),
});
const payload = z.object({ at: z.string(), wants: z.array(want) });

export interface Finding {
  readonly store: Store;
  readonly ways: readonly Way[];
  /** Where somebody may answer who does not say who it is. */
  readonly ports: PortsOfDevices;
  /** Address or address:port; null: those of this machine. */
  readonly dnsServers: readonly string[] | null;
  readonly retryDelaysMs?: readonly number[];
}

export function findWorker(on: Finding): Worker {
  return worker<Find>({
    ...find,
    keyIs: 'address',
    limit: () => Promise.resolve(findsMax),
    payload,
    retryDelaysMs: on.retryDelaysMs ?? retryDelaysMs,
    run: async (task, grip) => {
      const wants = await stillWanted(on.store, task.payload.wants);
      if (wants.length === 0) return { events: [] };
      const heard = await hear(on, task, grip);
      if (heard.kind === 'found') return { events: [], settle: (tx) => letIn(tx, task, { wants, heard }) };
      // Of a range it is one of many; of what is named, somebody wants to know.
      if (heard.mayPass && wants.some(({ ofRange }) => !ofRange)) throw new Error(heard.reason);
      return { events: [], save: (tx) => tell(tx, wants, (each) => ofNobody(each, heard)) };
    },
    failed: ({ payload: { at, wants } }, error) => {
      const heard = { address: at, outcome: 'notReached', reason: messageOf(error), somebody: true } as const;
      return { events: [], save: (tx) => tell(tx, wants, (each) => ofNobody(each, heard)) };
    },
  });
}

interface Nobody {
  readonly address: string;
  readonly outcome: 'notReached' | 'refused';
  readonly reason: string;
  readonly somebody: boolean;
}

type Heard =
  | { readonly kind: 'found'; readonly found: Found; readonly host: string | null }
  | ({ readonly kind: 'unknown'; readonly mayPass: boolean } & Nobody);

/** Throws when DNS does not answer. */
async function hear(
  { store, ways, ports, dnsServers }: Finding,
  { payload: { at }, attempt }: Task<Find>,
  { signal }: Grip,
): Promise<Heard> {
  const settings = (await readDocument(store, 'discovery', settingsChanged))?.body;
  if (!settings) throw new Error('the instant-on settings were not seen yet');
  const host = isIP(at) === 0 ? at : null;
  const all = host === null ? [at] : await addressesOf(host, dnsServers, signal);
  const none = {
    kind: 'unknown',
    address: at,
    outcome: 'notReached',
    somebody: false,
    mayPass: false,
  } as const;
  if (all.length === 0) return { ...none, reason: 'DNS has no address for it' };
  const addresses = all
    .map((address) => ipaddr.process(address).toString())
    .filter((address) => mayConnect(address, settings.deviceNetworks, ownAddresses()));
  if (addresses.length === 0) return { ...none, outcome: 'refused', reason: outside(host, all) };
  return askEach(addresses, host, { ways, ports, settings, signal, attempt });
}

const outside = (host: string | null, addresses: readonly string[]): string =>
  `${host === null ? 'it' : `${host} leads to ${addresses.join(', ')}, which`} lies outside the device networks`;

interface AskingThere extends Asking {
  readonly ports: PortsOfDevices;
}

/** Of several addresses of one name the first that says who it is. */
async function askEach(
  addresses: readonly string[],
  host: string | null,
  asking: AskingThere,
): Promise<Heard> {
  const answers: (Extract<Answer, { kind: 'unknown' }> & { readonly address: string })[] = [];
  for (const address of addresses) {
    const answer = await askOne(address, asking);
    if (answer.kind === 'found') return { ...answer, host };
    answers.push({ ...answer, address });
  }
  return {
    kind: 'unknown',
    address: answers[0]?.address ?? '',
    outcome: 'notReached',
    reason: answers.map(({ reason }) => reason).join('; '),
    somebody: answers.some(({ alive }) => alive),
    mayPass: answers.some(({ mayPass }) => mayPass),
  };
}

/** Who lets nobody in, as by SNMPv3 or a page alone, is somebody all the same: that is asked at once, as silence costs its time. */
async function askOne(address: string, { ports, ...asking }: AskingThere): Promise<Answer> {
  const over = new AbortController();
  const there = whatAnswers(
    { address, ports, community: null },
    AbortSignal.any([asking.signal, over.signal]),
  );
  try {
    const answer = await whoIs(address, asking);
    if (answer.kind === 'found') return answer;
    const hint = await there;
    return hint === null ? answer : { ...answer, alive: true, reason: `it ${hint}; ${answer.reason}` };
  } finally {
    over.abort();
    await there;
  }
}

/** Where nobody answers in a range, that is counted and not told. */
function ofNobody({ line, ofRange }: Want, { address, outcome, reason, somebody }: Nobody): Told {
  if (ofRange && !somebody) return null;
  return { line, address, outcome, serial: null, deviceId: null, reason: plain(reason) };
}

const tell = (tx: Tx, wants: readonly Want[], what: (want: Want) => Told): Promise<void> =>
  saveAnswers(
    tx,
    wants.map((each) => ({ search: each.search, told: what(each) })),
  );

interface LettingIn {
  readonly wants: readonly Want[];
  readonly heard: Extract<Heard, { kind: 'found' }>;
}

/** Under the locks of its serial number. Where the list names another one, it is not the device that was looked for. */
async function letIn(
  tx: Tx,
  { traceparent }: Task,
  { wants, heard: { found, host } }: LettingIn,
): Promise<Ending> {
  const { serial, ip: address } = found.identity;
  const meant = wants.filter((each) => each.serial === null || each.serial === serial);
  const other = (each: Want): DiscoveryResult => {
    const reason = `it says that its serial number is ${serial}, and the list has ${each.serial ?? 'none'}`;
    return { line: each.line, address, outcome: 'refused', serial, deviceId: null, reason };
  };
  await tell(
    tx,
    wants.filter((each) => !meant.includes(each)),
    other,
  );
  if (meant.length === 0) return { events: [] };
  const fingerprints = found.fingerprint === null ? [] : [found.fingerprint];
  const known = await loadKnown(tx, { serials: [serial], fingerprints });
  const data = lookedFor(found, host, known.now);
  const decision = announced({ id: randomUUID(), data, traceparent }, known);
  await saveKnown(tx, decision.changes);
  const { events, ...became } = becameOf(decision);
  await tell(tx, meant, ({ line }) => ({ line, address, serial, ...became }));
  return { events };
}

/** A name that leads to it is its host name, as long as it says no other. */
function lookedFor(found: Found, host: string | null, now: Date): Arrival {
  const arrival = arrivalOf(found, now);
  const identity = { ...arrival.identity, hostname: arrival.identity.hostname ?? host };
  return { ...arrival, identity, trigger: 'discovered' };
}
