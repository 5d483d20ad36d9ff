// The key exchange group of a connection (R20). Node tells a server nothing of it, but OpenSSL writes it into the session:
// ssl_asn1.c, SSL_SESSION_ASN1, field 19 (kex_group), since OpenSSL 3.0.
import type { TLSSocket } from 'node:tls';

/** IANA's TLS Supported Groups, as OpenSSL names them. */
const names: ReadonlyMap<number, string> = new Map([
  [0x0017, 'P-256'],
  [0x0018, 'P-384'],
  [0x0019, 'P-521'],
  [0x001d, 'X25519'],
  [0x001e, 'X448'],
  [0x0100, 'ffdhe2048'],
  [0x0101, 'ffdhe3072'],
  [0x11eb, 'SecP256r1MLKEM768'],
  [0x11ec, 'X25519MLKEM768'],
  [0x11ed, 'SecP384r1MLKEM1024'],
]);

const [sequence, integer, groupField] = [0x30, 0x02, 0xb3];

/** Null when it cannot be told. Costs some 4 microseconds. */
export function keyExchangeGroup(socket: Pick<TLSSocket, 'getSession'>): string | null {
  const session = socket.getSession();
  if (!session) return null;
  const group = groupIn(session);
  // It has the connection's secret in it.
  session.fill(0);
  return group === null ? null : (names.get(group) ?? `0x${group.toString(16).padStart(4, '0')}`);
}

/** In DER: a sequence, of which one field holds an integer. */
function groupIn(session: Buffer): number | null {
  const whole = fieldAt(session, 0);
  if (whole?.tag !== sequence) return null;
  for (let at = whole.start; at < whole.end;) {
    const field = fieldAt(session, at);
    if (!field || field.end > whole.end) return null;
    if (field.tag === groupField) {
      const value = fieldAt(session, field.start);
      const length = value ? value.end - value.start : 0;
      if (value?.tag !== integer || length < 1 || length > 4 || value.end > field.end) return null;
      return session.readUIntBE(value.start, length);
    }
    at = field.end;
  }
  return null;
}

interface Field {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

/** Tags of one byte, lengths of up to three. */
function fieldAt(der: Buffer, at: number): Field | null {
  const [tag, first] = [der[at], der[at + 1]];
  if (tag === undefined || first === undefined) return null;
  const more = first < 0x80 ? 0 : first - 0x80;
  if (more > 3 || (first >= 0x80 && more === 0) || at + 2 + more > der.length) return null;
  const length = more === 0 ? first : der.readUIntBE(at + 2, more);
  const start = at + 2 + more;
  return start + length > der.length ? null : { tag, start, end: start + length };
}
