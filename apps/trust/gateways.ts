// Gateways to which keys of identities are sealed (R15): those whose sealing key a person has compared and admitted. Console
// says which keys there are; it is not believed which of them are gateways.
import { type Recipient, readRecipient, recipientText } from '#pki/seal';
import type { Books, Row } from './books.js';
import { TrustFault } from './fault.js';

export interface KnownGateway {
  /** Of its sealing key; its log says it at start. */
  readonly fingerprint: string;
  readonly name: string;
  readonly seen: Date;
  /** Null: nothing is sealed to it. */
  readonly admitted: Date | null;
  readonly recipient: Recipient;
}

const unadmittedMax = 200;

/** Those that are new, or have another name. What cannot be read is nobody's. */
export function noteGateways(
  books: Books,
  said: readonly { readonly gateway: string; readonly key: string }[],
  now: Date,
): void {
  const recipients = said.flatMap(({ gateway, key }) =>
    recipientOf(key).map((recipient) => ({ gateway, recipient })),
  );
  books.transaction(() => {
    for (const { gateway, recipient } of recipients)
      books.run(
        `insert into gateway values (?, ?, ?, ?, null)
         on conflict (fingerprint) do update set name = excluded.name, seen_ms = excluded.seen_ms`,
        recipient.fingerprint,
        recipientText(recipient),
        gateway,
        now.getTime(),
      );
    books.run(
      `delete from gateway where admitted_ms is null and fingerprint not in (
         select fingerprint from gateway where admitted_ms is null order by seen_ms desc limit ${unadmittedMax})`,
    );
  });
}

export const gateways = (books: Books): readonly KnownGateway[] =>
  books.all('select * from gateway order by name, fingerprint').map(gatewayOf);

/** By the whole fingerprint: less could be made to fit. Throws TrustFault. */
export function admitGateway(books: Books, fingerprint: string, now: Date): KnownGateway {
  const found = gatewayWith(books, fingerprint);
  books.run('update gateway set admitted_ms = ? where fingerprint = ?', now.getTime(), found.fingerprint);
  return { ...found, admitted: now };
}

/** Nothing more is sealed to it; what it has already, it has. Throws TrustFault. */
export function forgetGateway(books: Books, fingerprint: string): KnownGateway {
  const found = gatewayWith(books, fingerprint);
  books.run('delete from gateway where fingerprint = ?', found.fingerprint);
  return found;
}

function gatewayWith(books: Books, typed: string): KnownGateway {
  const fingerprint = typed.replaceAll(':', '').toLowerCase();
  const row = books.one('select * from gateway where fingerprint = ?', fingerprint);
  if (row) return gatewayOf(row);
  throw new TrustFault(
    'unknownGateway',
    `no gateway with the sealing key ${typed} has been heard of; muster ca gateways lists them, by whole fingerprints`,
  );
}

function recipientOf(key: string): readonly Recipient[] {
  try {
    return [readRecipient(key)];
  } catch {
    return [];
  }
}

const gatewayOf = (row: Row): KnownGateway => ({
  fingerprint: String(row['fingerprint']),
  name: String(row['name']),
  seen: new Date(Number(row['seen_ms'])),
  admitted: row['admitted_ms'] === null ? null : new Date(Number(row['admitted_ms'])),
  recipient: readRecipient(String(row['key'])),
});
