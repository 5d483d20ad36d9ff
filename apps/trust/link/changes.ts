// What console has not heard yet of the books: certificates issued and revoked, in order, by whichever process.
import type { IssuedCertificate } from '#pki/authority/exchange';
import type { Books } from '../books.js';
import { bySerial, type Issued } from '../issued.js';

export interface Changes {
  readonly certificates: readonly IssuedCertificate[];
  /** Null: there is nothing new. */
  readonly cursor: string | null;
}

export interface Portion {
  readonly max: number;
  /** By `recordOf`: passed over. The cursor goes past them with the next that is taken. */
  readonly aside: ReadonlySet<string>;
}

/** What a certificate is called where it is set aside. */
export const recordOf = (serial: string): string => `certificate ${serial}`;

/** @param cursor as console keeps it. One that these books did not give begins anew: they were put back from a backup. */
export function changesAfter(books: Books, cursor: string | null, { max, aside }: Portion): Changes {
  const rows = books
    .all(
      'select number, serial from change where number > ? order by number limit ?',
      startOf(books, cursor),
      max + aside.size,
    )
    .map((row) => ({ number: String(row['number']), serial: String(row['serial']) }))
    .filter(({ serial }) => !aside.has(recordOf(serial)))
    .slice(0, max);
  const last = rows.at(-1);
  if (!last) return { certificates: [], cursor: null };
  const serials = new Set(rows.map(({ serial }) => serial));
  return {
    certificates: [...serials].flatMap((serial) => {
      const found = bySerial(books, serial);
      return found ? [reported(found)] : [];
    }),
    cursor: `${last.number}:${last.serial}`,
  };
}

function startOf(books: Books, cursor: string | null): number {
  const [, number = '0', serial = ''] = /^(\d{1,15}):([0-9a-f]+)$/.exec(cursor ?? '') ?? [];
  const row = books.one('select serial from change where number = ?', Number(number));
  return row?.['serial'] === serial ? Number(number) : 0;
}

const reported = ({ from, until, revoked, pem: _, ...issued }: Issued): IssuedCertificate => ({
  ...issued,
  from: from.toISOString(),
  until: until.toISOString(),
  revoked: revoked && { at: revoked.at.toISOString(), reason: revoked.reason },
});
