// Muster's own authority speaks to console every few seconds: what it has is kept for the page, and it hears what operators
// want of it. It decides for itself what it does.
import { Inject, Injectable } from '@nestjs/common';
import type { AuthorityAnswer, AuthorityReport } from '#pki/authority/exchange';
import type { WishKind } from '#pki/authority/wish';
import { PARTS, type StoredParts } from '#runtime/service';
import type { Tx } from '#store/store';
import { lockDocuments } from '../documents/written.js';
import { Refusal } from '../refusal.js';
import { audit } from '../who/audit.js';
import type { Caller } from '../who/caller.js';
import { gateways } from './gateways.js';
import { keepIdentity } from './identities.js';
import { authorityLateMs } from '../status/troubles.js';
import { asked, forgetIssued, keepIssued, keepRefused } from './issued.js';
import { giveUpWaiting, settle, waiting } from './wishes.js';

/** As the page shows it. */
export interface AuthorityShown {
  /** PEM; null: no authority has spoken yet. */
  readonly chain: string | null;
  readonly url: string | null;
  readonly listNumber: number | null;
  readonly listUntil: Date | null;
  readonly heardAt: Date | null;
  /** Kinds of wishes that it does; null: it never told. */
  readonly does: readonly WishKind[] | null;
}

const silent: AuthorityShown = {
  chain: null,
  url: null,
  listNumber: null,
  listUntil: null,
  heardAt: null,
  does: null,
};

@Injectable()
export class Authority {
  constructor(@Inject(PARTS) private readonly parts: StoredParts) {}

  async read(): Promise<AuthorityShown> {
    const [row] = await this.parts.store.query<AuthorityShown>(
      `select chain, url, list_number as "listNumber", list_until as "listUntil", heard_at as "heardAt", does
       from console.authority`,
    );
    return row ?? silent;
  }

  /**
   * It is gone for good: what it issued, and what is wanted of it, is kept here no more. One that speaks again is heard as a new one,
   * and tells all that it has; so that none is given up while it speaks.
   */
  giveUp(by: Caller): Promise<void> {
    return this.parts.store.transaction(async (tx) => {
      // In the order in which its own words are kept, so that none waits for the other.
      const detail = { ...(await forgetIssued(tx)), wishes: await giveUpWaiting(tx) };
      const rows = await tx.query<{ lately: boolean; heardAt: Date }>(
        `select heard_at > now() - interval '${authorityLateMs} milliseconds' as lately, heard_at as "heardAt"
         from console.authority for update`,
      );
      const [row] = rows;
      if (!row) throw new Refusal('notFound', 'No authority speaks to console.');
      if (row.lately)
        throw new Refusal(
          'inUse',
          'The authority was heard within the last minute: stop muster trust first.',
        );
      await tx.query('delete from console.authority');
      await audit(tx, {
        who: by.name,
        from: by.from,
        action: 'authority.givenUp',
        target: 'authority',
        detail: { ...detail, heardAt: row.heardAt },
      });
    });
  }

  exchange(report: AuthorityReport, by: Caller): Promise<AuthorityAnswer> {
    const { store, bus, instance } = this.parts;
    const only = store.database.single ? instance : null;
    return store.transaction(async (tx) => {
      if (report.identities.length > 0) await lockDocuments(tx);
      for (const identity of report.identities) await keepIdentity(tx, { bus }, identity, by);
      await keepIssued(tx, report.certificates);
      await keepRefused(tx, report.refused);
      await settle(tx, report.outcomes ?? [], by);
      const cursor = await keepAuthority(tx, report);
      const heard = await gateways(tx, only);
      return {
        cursor,
        identities: await known(tx),
        gateways: heard.flatMap(({ gateway, sealingKey }) =>
          sealingKey === null ? [] : [{ gateway, key: sealingKey }],
        ),
        revoke: [...(await asked(tx))],
        wishes: [...(await waiting(tx))],
      };
    });
  }
}

/** Of one that is new here it is not known what it told before: it begins anew. */
async function keepAuthority(
  tx: Tx,
  { chain, url, list, cursor, does }: AuthorityReport,
): Promise<string | null> {
  const [row] = await tx.query<{ cursor: string | null }>(
    `insert into console.authority as a (chain, url, list_number, list_until, cursor, does) values ($1, $2, $3, $4, null, $6::jsonb)
     on conflict (id) do update set chain = excluded.chain, url = excluded.url, list_number = excluded.list_number,
       list_until = excluded.list_until, cursor = coalesce($5, a.cursor), does = coalesce(excluded.does, a.does),
       heard_at = now()
     returning cursor`,
    [chain, url, list?.number ?? null, list?.until ?? null, cursor, does ? JSON.stringify(does) : null],
  );
  return row?.cursor ?? null;
}

const known = (tx: Tx) =>
  tx.query<AuthorityAnswer['identities'][number]>(
    `select name, fingerprint, array(select jsonb_array_elements(sealed)->>'to') as "sealedTo"
     from console.identity order by name`,
  );
