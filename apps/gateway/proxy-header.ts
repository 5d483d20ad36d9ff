// The header by which a proxy says whom it speaks for (haproxy's PROXY protocol, version 2), as bytes.
import { canonical } from '#addresses/source';

/** Signature, version and command, family, length: then as many bytes as the length says. */
export const prefixBytes = 16;
/** Addresses and what a proxy may add of its own (TLVs), which is passed over. */
export const bodyBytesMax = 4_096;

const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
const local = 0x20;
const proxied = 0x21;
const tcp4 = { family: 0x11, addressBytes: 4 } as const;
const tcp6 = { family: 0x21, addressBytes: 16 } as const;

/** What a named proxy sent is no header of version 2, or says nothing that can be used. */
export class BadProxyHeader extends Error {
  override readonly name = 'BadProxyHeader';
}

/** How many bytes follow. Throws BadProxyHeader. @param prefix its first 16 bytes */
export function bodyBytesOf(prefix: Buffer): number {
  if (prefix.toString('latin1').startsWith('PROXY '))
    throw new BadProxyHeader('it is of version 1; version 2 is wanted');
  if (prefix.length < prefixBytes || !prefix.subarray(0, signature.length).equals(signature))
    throw new BadProxyHeader('there is none');
  const command = prefix.readUInt8(12);
  if (command !== local && command !== proxied) throw new BadProxyHeader('its version or command is unknown');
  const bytes = prefix.readUInt16BE(14);
  if (bytes > bodyBytesMax) throw new BadProxyHeader(`it is longer than ${bodyBytesMax} bytes`);
  return bytes;
}

/** Canonical address of whom the proxy speaks for; null: for itself (LOCAL), as its health checks do. Throws BadProxyHeader. */
export function addressIn(prefix: Buffer, body: Buffer): string | null {
  if (prefix.readUInt8(12) === local) return null;
  const kind = [tcp4, tcp6].find(({ family }) => family === prefix.readUInt8(13));
  if (!kind) throw new BadProxyHeader('it names no address of TCP over IPv4 or IPv6');
  const { addressBytes } = kind;
  // Two addresses and two ports.
  if (body.length < 2 * addressBytes + 4) throw new BadProxyHeader('it is too short for its addresses');
  const source = body.subarray(0, addressBytes);
  return canonical(addressBytes === 4 ? [...source].join('.') : groupsOf(source).join(':'));
}

function groupsOf(address: Buffer): readonly string[] {
  return Array.from({ length: 8 }, (_, group) => address.readUInt16BE(2 * group).toString(16));
}
