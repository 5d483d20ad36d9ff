// A key with its certificates as one PKCS#12 file (RFC 7292): what browsers, printers and Windows take. The key is encrypted
// with AES-256 (PBES2), the file is sealed with HMAC-SHA-256: OpenSSL 1.1 and Windows of 2018 or later read it. Own, as
// node-forge cannot write keys of elliptic curves.
import { createHmac, hash, type KeyObject, randomBytes, type X509Certificate } from 'node:crypto';
import { oids } from '../der/oids.js';
import { tags } from '../der/tags.js';
import { element, explicit, integer, nothing, octets, oid, sequence, set } from '../der/write.js';
import { AuthorityFault } from './fault.js';
import { encryptedKey } from './key.js';

/** Ten times what OpenSSL takes; more of them, and node-forge is slow to read it. The password has to be good. */
const rounds = 20_000;

export interface Bundle {
  readonly key: KeyObject;
  /** The own one first. */
  readonly certificates: readonly X509Certificate[];
}

/** @param name the friendly name that other programs show. Throws AuthorityFault for a password that not all understand alike */
export function toPkcs12({ key, certificates }: Bundle, name: string, password: string): Buffer {
  if (!/^[\x20-\x7e]{12,128}$/.test(password))
    throw new AuthorityFault(
      'badPkcs12',
      'the password of a PKCS#12 file has 12 to 128 characters of ASCII: programs differ in others',
    );
  const [own] = certificates;
  const local = own ? hash('sha1', own.raw, 'buffer') : Buffer.alloc(20);
  const mine = set(
    sequence(oid(oids.friendlyName), set(element(tags.bmpString, utf16(name)))),
    sequence(oid(oids.localKeyId), set(octets(local))),
  );
  const shrouded = encryptedKey(key, password, rounds);
  const keyBag = sequence(oid(oids.shroudedKeyBag), explicit(0, shrouded), mine);
  const certificateBags = certificates.map(({ raw }, index) => {
    const held = sequence(oid(oids.x509Certificate), explicit(0, octets(raw)));
    return sequence(oid(oids.certificateBag), explicit(0, held), ...(index === 0 ? [mine] : []));
  });
  const contents = sequence(data(sequence(...certificateBags)), data(sequence(keyBag)));
  return sequence(integer(3), data(contents), seal(contents, password));
}

const data = (content: Buffer): Buffer => sequence(oid(oids.data), explicit(0, octets(content)));

function seal(contents: Buffer, password: string): Buffer {
  const salt = randomBytes(16);
  const mac = createHmac('sha256', macKey(password, salt)).update(contents).digest();
  return sequence(sequence(sequence(oid(oids.sha256), nothing), octets(mac)), octets(salt), integer(rounds));
}

/** RFC 7292, appendix B.2, for a key of 32 bytes: one block of SHA-256, so that nothing is to be added up. */
function macKey(password: string, salt: Buffer): Buffer {
  const block = 64;
  const filled = (bytes: Buffer): Buffer => Buffer.alloc(Math.ceil(bytes.length / block) * block, bytes);
  const terminated = Buffer.concat([utf16(password), Buffer.from([0, 0])]);
  let key = Buffer.concat([Buffer.alloc(block, 3), filled(salt), filled(terminated)]);
  for (let round = 0; round < rounds; round += 1) key = hash('sha256', key, 'buffer');
  return key;
}

const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();
