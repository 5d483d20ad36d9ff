// Warns of certificates that end (R84): by an event and a log line once a day for each, by whichever instance of console is
// first, and by a metric all the time. The page asks for itself.
import type { Meter, ObservableResult } from '@opentelemetry/api';
import { certificateKinds, expiryWarned } from '#events/certificate';
import { warnDays, warningOf } from '#pki/expiry';
import { repeat } from '#runtime/repeat';
import type { Running, StoredParts } from '#runtime/service';
import type { Tx } from '#store/store';
import { record } from '../documents/written.js';
import { endingsOf, type Ending } from './endings.js';

const lookMs = 60_000;

export function watchEndings(parts: StoredParts): Running {
  const { log, meter } = parts;
  let latest: readonly Ending[] = [];
  const measured = measureEndings(meter, () => latest);
  const work = async (): Promise<number> => {
    latest = await warnOfEndings(parts);
    return 0;
  };
  const looking = repeat({ name: 'certificates that end', everyMs: lookMs, work, log });
  return {
    stop: async () => {
      measured();
      await looking.stop();
    },
  };
}

/** Tells what is due, and resolves to all that ends. */
export async function warnOfEndings(
  { store, bus, log, instance }: Pick<StoredParts, 'store' | 'bus' | 'log' | 'instance'>,
  now: Date = new Date(),
): Promise<readonly Ending[]> {
  const only = store.database.single ? instance : null;
  const { all, due } = await store.transaction(async (tx) => {
    const all = await endingsOf(tx, only, now);
    const due = await dueOf(tx, all);
    const drafts = due.map((ending) => expiryWarned.draft(ending));
    if (drafts.length > 0) await record(tx, bus, drafts);
    return { all, due };
  });
  for (const ending of due) tell(log, ending, now);
  return all;
}

/** Those not told within a day, each once, whoever asks first. */
async function dueOf(tx: Tx, endings: readonly Ending[]): Promise<readonly Ending[]> {
  const byFingerprint = new Map(endings.map((ending) => [ending.fingerprint, ending]));
  if (byFingerprint.size === 0) return [];
  const rows = await tx.query<{ fingerprint: string }>(
    `insert into console.expiry_warning as w (fingerprint, warned_at)
     select of, now() from unnest($1::text[]) as of order by of
     on conflict (fingerprint) do update set warned_at = now() where w.warned_at < now() - interval '1 day'
     returning fingerprint`,
    [[...byFingerprint.keys()]],
  );
  return rows.flatMap(({ fingerprint }) => byFingerprint.get(fingerprint) ?? []);
}

function tell(log: StoredParts['log'], { kind, holder, certificate, until }: Ending, now: Date): void {
  const end = new Date(until);
  const { code, message } = warningOf(end, now);
  log.warn({ code, kind, holder, certificate, until: end.toUTCString() }, message);
}

/** How many end, of each kind. Returns what ends the observing. */
function measureEndings(meter: Meter, endings: () => readonly Ending[]): () => void {
  const gauge = meter.createObservableGauge('muster.certificates.ending', {
    description: `Certificates with less than ${warnDays} days left, or none: of gateways, identities, authorities, trust sets`,
  });
  const observe = (result: ObservableResult): void => {
    for (const kind of certificateKinds)
      result.observe(endings().filter((ending) => ending.kind === kind).length, { kind });
  };
  gauge.addCallback(observe);
  return () => gauge.removeCallback(observe);
}

const whose: Readonly<Record<Ending['kind'], (ending: Ending) => string>> = {
  gateway: ({ holder }) => `gateway (${holder}): the certificate that it presents`,
  identity: ({ holder, certificate }) => `the identity ${holder}: the certificate ${certificate}`,
  authority: ({ holder, certificate }) => `${holder}: the certificate ${certificate}`,
  trustSet: ({ holder, certificate }) => `the trust set ${holder}: the certificate ${certificate}`,
  issued: ({ certificate }) => `the certificate ${certificate}`,
};

/** For a person, with the date in GMT. */
export function inWords(ending: Ending): string {
  const when = new Date(ending.until).toUTCString();
  return `${whose[ending.kind](ending)} ${ending.daysLeft < 0 ? 'has expired, on' : 'ends on'} ${when}`;
}
