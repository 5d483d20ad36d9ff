// What a certificate may be used for (R81), and what its holder must be called for that.
import type { KeyObject } from 'node:crypto';
import { type AlternativeName, isDnsName, sameName } from './alternative-names.js';
import { extendedKeyUsage, keyUsage } from './extensions.js';
import { AuthorityFault } from './fault.js';
import type { Subject } from './subject.js';

/** mutual: a server that is also a client, and a device's when mutual authentication is on; device: by its serial number. */
export const profiles = ['server', 'client', 'mutual', 'device'] as const;
export type Profile = (typeof profiles)[number];

const purposes = {
  server: ['serverAuth'],
  client: ['clientAuth'],
  mutual: ['serverAuth', 'clientAuth'],
  // The server dials back to a device, which is then the server of that connection.
  device: ['serverAuth', 'clientAuth'],
} as const;

/** Extended key usage, and key usage: RSA keys of servers may also decipher, as old clients have the key exchange. */
export function usageOf(profile: Profile, key: KeyObject): readonly Buffer[] {
  const deciphers = key.asymmetricKeyType === 'rsa' && profile !== 'client';
  return [
    keyUsage('digitalSignature', ...(deciphers ? (['keyEncipherment'] as const) : [])),
    extendedKeyUsage(...purposes[profile]),
  ];
}

/**
 * The names for a holder of this profile: a server's own name is always among them, as clients read no other place.
 * Throws AuthorityFault when the subject is not what the profile wants.
 */
export function namesFor(
  profile: Profile,
  subject: Subject,
  names: readonly AlternativeName[],
): readonly AlternativeName[] {
  const { CN: commonName, serialNumber } = subject;
  if (commonName === undefined)
    throw wrong(`a certificate of the profile ${profile} needs CN in its subject`);
  if (profile === 'device') {
    if (serialNumber === undefined || !/^[A-Z0-9-]{4,32}$/.test(serialNumber))
      throw wrong(
        'a device has its serial number in the subject: serialNumber=, 4 to 32 capital letters, digits, hyphens',
      );
    return names;
  }
  if (serialNumber !== undefined) throw wrong(`serialNumber is for devices, not for the profile ${profile}`);
  if (profile === 'client') return names;
  if (!isDnsName(commonName) || !commonName.includes('.'))
    throw wrong(
      `CN of a ${profile} is its full DNS name or a wildcard, as muster.example or *.example.com, not "${commonName}"`,
    );
  const own: AlternativeName = { kind: 'DNS', value: commonName.toLowerCase() };
  return names.some((name) => sameName(name, own)) ? names : [own, ...names];
}

const wrong = (what: string): AuthorityFault => new AuthorityFault('badSubject', what);
