// Every certificate that console knows of and that ends soon (R84). Those of devices renew by themselves, and are not here.
import { X509Certificate } from 'node:crypto';
import { asksForCertificates } from '#events/asks-for-certificates';
import type { ExpiryWarning } from '#events/certificate';
import { settingsChanged } from '#events/settings';
import { trustSetChanged } from '#events/trust-set';
import { authoritiesIn, UnreadableAuthorities } from '#pki/authorities';
import { fingerprintOf, subjectOf } from '#pki/certificate';
import { daysLeft, warnDays } from '#pki/expiry';
import type { Tx } from '#store/store';
import { readOne } from '../documents/written.js';
import { gateways } from './gateways.js';

export type Ending = Readonly<ExpiryWarning>;

interface Known extends Pick<Ending, 'kind' | 'holder' | 'certificate' | 'fingerprint'> {
  readonly until: Date;
}

const endingsMax = 500;

/** The first to end first. @param only in one process, its own name */
export async function endingsOf(tx: Tx, only: string | null, now: Date): Promise<readonly Ending[]> {
  const all = [
    ...(await presented(tx, only)),
    ...(await stored(tx)),
    ...(await authorities(tx)),
    ...(await trusted(tx)),
    ...(await issued(tx)),
  ];
  const ending = all
    .filter(({ until }) => daysLeft(until, now) < warnDays)
    .map(({ until, ...known }) => ({
      ...known,
      until: until.toISOString(),
      daysLeft: Math.floor(daysLeft(until, now)),
    }));
  return ending.toSorted((a, b) => a.until.localeCompare(b.until)).slice(0, endingsMax);
}

async function presented(tx: Tx, only: string | null): Promise<readonly Known[]> {
  const heard = await gateways(tx, only);
  return heard.map(({ gateway, identity }) => ({
    kind: 'gateway',
    holder: gateway,
    certificate: identity.subject || '(no subject)',
    fingerprint: identity.fingerprint,
    until: new Date(identity.until),
  }));
}

const stored = (tx: Tx): Promise<readonly Known[]> =>
  tx.query<Known>(
    `select 'identity' as kind, name as holder, subject as certificate, fingerprint, until_at as until
     from console.identity where until_at < now() + interval '${warnDays} days' order by until_at limit ${endingsMax}`,
  );

async function authorities(tx: Tx): Promise<readonly Known[]> {
  const [own] = await tx.query<{ chain: string }>('select chain from console.authority');
  return own ? inPem(own.chain, { kind: 'authority', holder: "Muster's own authority" }) : [];
}

/** What devices, or servers that forward, are held against now: one that nobody is verified by harms nobody by its end. */
async function trusted(tx: Tx): Promise<readonly Known[]> {
  const settings = (await readOne(tx, settingsChanged))?.body;
  if (!settings || !asksForCertificates(settings)) return [];
  const { trustSet, trustedAuthorities } = settings;
  if (trustSet !== null) return ofTrustSet(tx, trustSet);
  return trustedAuthorities.trim() === ''
    ? []
    : inPem(trustedAuthorities, { kind: 'trustSet', holder: 'the settings' });
}

async function ofTrustSet(tx: Tx, id: string): Promise<readonly Known[]> {
  const set = (await readOne(tx, trustSetChanged, id))?.body;
  if (!set) return [];
  const all = inPem(set.authorities, { kind: 'trustSet', holder: set.name });
  if (set.kind === 'chain') return all;
  // Of many roots some always end; the last to end leaves nobody to trust.
  return all.toSorted((a, b) => b.until.getTime() - a.until.getTime()).slice(0, 1);
}

/** Servers and clients: a person has to renew them. One that was renewed under its name is not in use any more. */
const issued = (tx: Tx): Promise<readonly Known[]> =>
  tx.query<Known>(
    `select 'issued' as kind, c.serial as holder, left(c.subject, 500) as certificate, c.fingerprint, c.until_at as until
     from console.certificate c
     where c.revoked_at is null and c.device is null and c.profile in ('server', 'client', 'mutual')
       and c.until_at between now() - interval '${warnDays} days' and now() + interval '${warnDays} days'
       and not exists (select 1 from console.identity i where i.fingerprint = c.fingerprint)
       and not exists (select 1 from console.certificate n where n.subject = c.subject and n.from_at > c.from_at
         and n.revoked_at is null)
     order by c.until_at limit ${endingsMax}`,
  );

function inPem(pem: string, of: Pick<Known, 'kind' | 'holder'>): readonly Known[] {
  return readable(pem).map((text) => {
    const certificate = new X509Certificate(text);
    return {
      ...of,
      certificate: subjectOf(certificate) || '(no subject)',
      fingerprint: fingerprintOf(certificate.raw),
      until: certificate.validToDate,
    };
  });
}

/** None where an older version took what this one does not read: the gateways say so. */
function readable(pem: string): readonly string[] {
  try {
    return authoritiesIn(pem);
  } catch (error) {
    if (error instanceof UnreadableAuthorities) return [];
    throw error;
  }
}
