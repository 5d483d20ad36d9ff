// What Muster's own authority issued, as it told: list, and the wish that one be revoked. The authority does it, not console.
import { Inject, Injectable } from '@nestjs/common';
import * as z from 'zod';
import { friendlyName } from '#events/certificate';
import { issuedMax, type IssuedCertificate } from '#pki/authority/exchange';
import type { RevocationReason } from '#pki/authority/revocation-list';
import { PARTS, type StoredParts } from '#runtime/service';
import type { Tx } from '#store/store';
import { containing, pageOf, pageQuery, type Page } from '../http/resource.js';
import { Refusal } from '../refusal.js';
import { audit } from '../who/audit.js';
import type { Caller } from '../who/caller.js';

export const issuedStates = ['valid', 'ending', 'expired', 'revoked'] as const;

export const issuedQuery = pageQuery.extend({
  state: z.enum(issuedStates).optional(),
});
export type IssuedQuery = z.infer<typeof issuedQuery>;

export interface IssuedShown {
  readonly serial: string;
  /** Of the identity that it belongs to; null: somebody else has its key. */
  readonly name: z.infer<typeof friendlyName> | null;
  readonly issuer: string;
  readonly profile: string;
  readonly subject: string;
  readonly names: string;
  readonly device: string | null;
  readonly fingerprint: string;
  readonly from: Date;
  readonly until: Date;
  readonly revokedAt: Date | null;
  readonly reason: string | null;
  /** Somebody wants it revoked, and the authority has not answered yet. */
  readonly askedBy: string | null;
  /** Why the authority did not revoke it. */
  readonly refused: string | null;
}

const columns = `c.serial, i.name, c.issuer, c.profile, c.subject, c.names, c.device, c.fingerprint, c.from_at as "from",
  c.until_at as until, c.revoked_at as "revokedAt", c.reason, c.asked_by as "askedBy", c.refused`;
const from = 'from console.certificate c left join console.identity i on i.fingerprint = c.fingerprint';
/** $1: a pattern, $2: a state or null. */
const matching = `($1 = '%%' or lower(c.serial || ' ' || c.subject || ' ' || c.names || ' ' || coalesce(i.name, '')) like $1)
  and ($2::text is null or $2 = case when c.revoked_at is not null then 'revoked' when c.until_at <= now() then 'expired'
    when c.until_at < now() + interval '31 days' then 'ending' else 'valid' end)`;

@Injectable()
export class Issued {
  constructor(@Inject(PARTS) private readonly parts: StoredParts) {}

  /** The newest first; a page goes on after a serial number. */
  async list({ search, state, limit, after }: IssuedQuery): Promise<Page<IssuedShown>> {
    const { store } = this.parts;
    const wanted = [containing(search), state ?? null];
    const [counted] = await store.query<{ total: number }>(
      `select count(*)::int as total ${from} where ${matching}`,
      wanted,
    );
    const rows = await store.query<IssuedShown>(
      `select ${columns} ${from} where ${matching} and ($3 = '' or (c.from_at, c.serial) <
         (select from_at, serial from console.certificate where serial = $3))
       order by c.from_at desc, c.serial desc limit $4`,
      [...wanted, after, limit + 1],
    );
    return pageOf(rows, {
      limit,
      total: counted?.total ?? 0,
      item: (row) => row,
      next: ({ serial }) => serial,
    });
  }

  /** The authority hears it within seconds, if it runs; until then, and while it is away, nothing is revoked. */
  askRevocation(
    serial: string,
    reason: RevocationReason,
    { name: who, from: address }: Caller,
  ): Promise<void> {
    return this.parts.store.transaction(async (tx) => {
      const [row] = await tx.query<{ subject: string; revokedAt: Date | null }>(
        `update console.certificate set asked_reason = coalesce(asked_reason, $2), asked_by = coalesce(asked_by, $3),
           asked_at = coalesce(asked_at, now()), refused = null
         where serial = $1 returning subject, revoked_at as "revokedAt"`,
        [serial, reason, who],
      );
      if (!row) throw new Refusal('notFound', `No certificate ${serial} was issued by Muster's authority.`);
      if (row.revokedAt) throw new Refusal('exists', `The certificate ${serial} was revoked already.`);
      const detail = { reason, subject: row.subject };
      await audit(tx, {
        who,
        from: address,
        action: 'certificate.revocationAsked',
        target: `certificate:${serial}`,
        detail,
      });
    });
  }
}

/** New ones, and those of which something changed. */
export async function keepIssued(tx: Tx, certificates: readonly IssuedCertificate[]): Promise<void> {
  if (certificates.length === 0) return;
  await tx.query(
    `insert into console.certificate as c
       (serial, issuer, profile, subject, names, device, fingerprint, from_at, until_at, revoked_at, reason)
     select distinct on (serial) serial, issuer, profile, subject, names, device, fingerprint, "from", until,
       (revoked->>'at')::timestamptz, revoked->>'reason'
     from jsonb_to_recordset($1::jsonb) as n (serial text, issuer text, profile text, subject text, names text, device text,
       fingerprint text, "from" timestamptz, until timestamptz, revoked jsonb)
     on conflict (serial) do update set revoked_at = excluded.revoked_at, reason = excluded.reason,
       asked_reason = case when excluded.revoked_at is null then c.asked_reason end,
       asked_by = case when excluded.revoked_at is null then c.asked_by end,
       asked_at = case when excluded.revoked_at is null then c.asked_at end`,
    [JSON.stringify(certificates)],
  );
}

/** Of an authority that is gone: nobody can revoke any of it. How many there were, and were still to be revoked. */
export async function forgetIssued(
  tx: Tx,
): Promise<{ readonly certificates: number; readonly revocations: number }> {
  const [row] = await tx.query<{ certificates: number; revocations: number }>(
    `with gone as (delete from console.certificate returning asked_reason)
     select count(*)::int as certificates, count(asked_reason)::int as revocations from gone`,
  );
  return row ?? { certificates: 0, revocations: 0 };
}

/** What the authority would not do, it is not asked again. */
export async function keepRefused(
  tx: Tx,
  refused: readonly { readonly serial: string; readonly message: string }[],
): Promise<void> {
  if (refused.length === 0) return;
  await tx.query(
    `update console.certificate set refused = n.message, asked_reason = null, asked_by = null, asked_at = null
     from jsonb_to_recordset($1::jsonb) as n (serial text, message text) where certificate.serial = n.serial`,
    [JSON.stringify(refused)],
  );
}

export const asked = (
  tx: Tx,
): Promise<readonly { readonly serial: string; readonly reason: RevocationReason }[]> =>
  tx.query<{ serial: string; reason: RevocationReason }>(
    `select serial, asked_reason as reason from console.certificate
     where asked_reason is not null order by asked_at, serial limit ${issuedMax}`,
  );
