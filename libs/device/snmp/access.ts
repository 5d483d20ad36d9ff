// What a device is asked with by SNMP, and which device it must be.
import type { Target } from '../device.js';

export type AuthProtocol = 'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512';

/** aes256b: its key stretched by the draft of Blumenthal, as net-snmp does; aes256r: by that of Reeder, as Cisco does. */
export type PrivProtocol = 'des' | 'aes128' | 'aes256b' | 'aes256r';

export type SnmpAccess = CommunityAccess | UserAccess;

export interface CommunityAccess {
  /** clear: v2c, or else v1, as the device answers. */
  readonly version: 'v1' | 'v2c' | 'clear';
  /** Sent in clear with each request, so that it is hardly a secret. */
  readonly community: string;
}

/** A user of RFC 3414. No password is ever sent: what is sent is signed and encrypted with keys made of them. */
export interface UserAccess {
  readonly version: 'v3';
  readonly user: string;
  readonly auth: { readonly protocol: AuthProtocol; readonly password: string } | null;
  readonly priv: { readonly protocol: PrivProtocol; readonly password: string } | null;
}

export interface SnmpTarget extends Pick<Target, 'address' | 'port' | 'networks'> {
  readonly access: SnmpAccess;
  /** The only device that is read or written; null: whoever answers. */
  readonly serial: string | null;
}

const lengths = { community: 255, user: 32, password: 255 } as const;

/** Why nothing can be asked with it; null when it can. */
export function faultOfAccess(access: SnmpAccess): string | null {
  if (access.version !== 'v3') {
    return fits(access.community, lengths.community) ? null : 'an SNMP community has 1 to 255 bytes';
  }
  const { user, auth, priv } = access;
  if (!fits(user, lengths.user)) return 'a user of SNMPv3 has a name of 1 to 32 bytes';
  if (!auth)
    return priv ? 'SNMPv3 encrypts nothing that it does not sign: privacy needs authentication' : null;
  if (!fits(auth.password, lengths.password)) return 'the authentication password has 1 to 255 bytes';
  if (!priv) return null;
  if (priv.protocol === 'des') {
    return 'privacy by DES is not spoken: its key of 56 bits is found within hours, and OpenSSL 3 no longer has it';
  }
  return fits(priv.password, lengths.password) ? null : 'the privacy password has 1 to 255 bytes';
}

const fits = (text: string, bytesMax: number): boolean => {
  const bytes = Buffer.byteLength(text);
  return bytes > 0 && bytes <= bytesMax;
};
