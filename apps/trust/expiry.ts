// Which certificates end soon (R84): the authority's own and identities one by one, those of devices, which renew by
// themselves, by their number.
import { warnDays } from '#pki/expiry';
import type { Books } from './books.js';
import { identities } from './identities.js';
import { certificateOf } from './keys.js';

export interface Ending {
  /** What ends, for a person. */
  readonly what: string;
  readonly until: Date;
}

export interface Expiry {
  readonly endings: readonly Ending[];
  /** Devices whose newest certificate ends soon, or ended within the last 31 days: they did not renew. */
  readonly devices: number;
}

export function expiryOf(books: Books, dir: string, now: Date): Expiry {
  const limit = new Date(now.getTime() + warnDays * 86_400_000);
  const authority = (['root', 'issuing'] as const).map((name) => ({
    what: `the ${name} authority`,
    until: certificateOf(dir, name).validToDate,
  }));
  const named = identities(books).flatMap(({ name, certificates: [own] }) =>
    own ? [{ what: `the identity "${name}"`, until: own.validToDate }] : [],
  );
  const row = books.one(
    `select count(*) as devices from (
       select max(until_ms) as until_ms from certificate where device is not null and revoked_ms is null group by device
     ) where until_ms < ? and until_ms > ?`,
    limit.getTime(),
    now.getTime() - warnDays * 86_400_000,
  );
  return {
    endings: [...authority, ...named].filter(({ until }) => until < limit),
    devices: Number(row?.['devices'] ?? 0),
  };
}
