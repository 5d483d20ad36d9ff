// Identities that gateways can present (R15). Their keys are sealed to gateways: nothing here opens them.
//
//   identities.ts  this file            gateways.ts  what each gateway presents, and what keys can be sealed to
//   authority.ts   what Muster's own authority tells, and what is wanted of it    issued.ts  what it issued
//   wishes.ts      what else is wanted of it, and what became of it    asking.ts  from what an operator asks for to that
//   expiry.ts      what ends soon       endings.ts   all certificates that are looked at for that
import { X509Certificate } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { SealedIdentity } from '#events/certificate';
import { settingsChanged } from '#events/settings';
import { authoritiesIn, UnreadableAuthorities } from '#pki/authorities';
import { fingerprintOf, subjectOf } from '#pki/certificate';
import { faultOfPresented } from '#pki/presentable';
import { PARTS, type StoredParts } from '#runtime/service';
import type { Tx } from '#store/store';
import { configureEdge } from '../documents/edge.js';
import { lockDocuments, readOne, record, type Writer } from '../documents/written.js';
import { Refusal } from '../refusal.js';
import { audit } from '../who/audit.js';

/** As the page shows it. */
export interface IdentityShown {
  readonly name: string;
  readonly subject: string;
  readonly fingerprint: string;
  readonly until: Date;
  /** Fingerprints of the sealing keys that open it. */
  readonly sealedTo: readonly string[];
  /** Gateways are to present it. */
  readonly chosen: boolean;
  readonly changedBy: string;
  readonly changedAt: Date;
}

const namesMax = 200;

@Injectable()
export class Identities {
  constructor(@Inject(PARTS) private readonly parts: StoredParts) {}

  list(): Promise<readonly IdentityShown[]> {
    return this.parts.store.query<IdentityShown & { sealedTo: string[] }>(
      `select name, subject, fingerprint, until_at as until, changed_by as "changedBy", changed_at as "changedAt",
         array(select jsonb_array_elements(sealed)->>'to') as "sealedTo",
         coalesce(name = (select body->>'identity' from console.document where kind = 'settings'), false) as chosen
       from console.identity order by name limit ${namesMax}`,
    );
  }

  keep(identity: SealedIdentity, by: Writer): Promise<void> {
    return this.parts.store.transaction(async (tx) => {
      await lockDocuments(tx);
      await keepIdentity(tx, this.parts, identity, by);
    });
  }

  remove(name: string, by: Writer): Promise<void> {
    return this.parts.store.transaction(async (tx) => {
      await lockDocuments(tx);
      const settings = await readOne(tx, settingsChanged);
      if (settings?.body.identity === name)
        throw new Refusal('inUse', `The identity ${name} is used by the settings: choose another one first.`);
      const gone = await tx.query('delete from console.identity where name = $1 returning name', [name]);
      if (gone.length === 0) throw new Refusal('notFound', `There is no identity ${name}.`);
      await audit(tx, {
        who: by.name,
        from: by.from,
        action: 'identity.deleted',
        target: `identity:${name}`,
      });
    });
  }
}

/** Under lockDocuments: the gateways hear of it when it is the one that they present. */
export async function keepIdentity(
  tx: Tx,
  { bus }: Pick<StoredParts, 'bus'>,
  { name, certificates, sealed }: SealedIdentity,
  by: Writer,
): Promise<void> {
  const own = ownOf(certificates);
  await tx.query(
    `insert into console.identity (name, certificates, sealed, subject, fingerprint, until_at, changed_by)
     values ($1, $2, $3::jsonb, $4, $5, $6, $7)
     on conflict (name) do update set certificates = excluded.certificates, sealed = excluded.sealed,
       subject = excluded.subject, fingerprint = excluded.fingerprint, until_at = excluded.until_at,
       changed_by = excluded.changed_by, changed_at = now()`,
    [
      name,
      certificates,
      JSON.stringify(sealed),
      subjectOf(own),
      fingerprintOf(own.raw),
      own.validToDate,
      by.name,
    ],
  );
  const detail = {
    subject: subjectOf(own),
    fingerprint: fingerprintOf(own.raw),
    sealedTo: sealed.map(({ to }) => to),
  };
  await audit(tx, {
    who: by.name,
    from: by.from,
    action: 'identity.saved',
    target: `identity:${name}`,
    detail,
  });
  const settings = await readOne(tx, settingsChanged);
  if (settings?.body.identity === name) await record(tx, bus, [await configureEdge(tx, settings.body)]);
}

/** Each of them can be read, the first is the identity's own, and a gateway could present them. */
function ownOf(text: string): X509Certificate {
  const certificates = certificatesIn(text);
  const fault = faultOfPresented(certificates);
  const [own] = certificates;
  if (own && fault === null) return own;
  throw notTaken(`no gateway could present this: ${fault ?? 'there is no certificate'}`);
}

function certificatesIn(text: string): readonly X509Certificate[] {
  try {
    return authoritiesIn(text).map((pem) => new X509Certificate(pem));
  } catch (error) {
    if (!(error instanceof UnreadableAuthorities)) throw error;
    throw notTaken(error.message);
  }
}

const notTaken = (message: string): Refusal =>
  new Refusal('invalid', `certificates: ${message}.`, [{ path: 'certificates', message }]);
