// Secrets of a device changed by SNMP: over SNMPv3 with privacy alone, so that nobody learns them on the way.
import snmp, { type Session, type Varbind } from 'net-snmp';
import type { Credential, CredentialOf } from '../credential.js';
import type { Outcome } from '../device.js';
import type { SnmpTarget, UserAccess } from './access.js';
import { getAll, setAll } from './ask.js';
import { statusText } from './setback.js';
import { keyChangeOf } from './usm/key-change.js';
import { keyMaker } from './usm/keys.js';

/** Communities of JETDIRECT3-MIB. */
const objects = {
  snmpWrite: '1.3.6.1.4.1.11.2.15.1.1.0',
  snmpRead: '1.3.6.1.4.1.11.2.15.1.2.0',
} as const;

/** usmUserEntry of SNMP-USER-BASED-SM-MIB (RFC 3414 5). */
const userEntry = '1.3.6.1.6.3.15.1.2.2.1';
const columns = { ownAuthKeyChange: 7, ownPrivKeyChange: 10 } as const;

/** Resolves once the device has taken it, as far as it says so; what lets in from then on is for whoever asks next to find out. */
export async function setSecret(
  session: Session,
  { access }: SnmpTarget,
  secret: Credential,
): Promise<Outcome<null>> {
  if (access.version !== 'v3' || !access.auth || !access.priv) return inClear;
  if (secret.kind === 'admin') return unproven;
  const varbinds =
    secret.kind === 'snmpUser'
      ? await newKeys(session, access, secret)
      : [octets(objects[secret.kind], Buffer.from(secret.community))];
  if ('kind' in varbinds) return varbinds;
  try {
    // Both keys by one request: as of one, either both are changed or none is.
    await setAll(session, varbinds);
  } catch (error) {
    if (!(error instanceof snmp.RequestFailedError)) throw error;
    return { kind: 'failed', reason: `it answers ${statusText(error)}`, mayPass: false };
  }
  return secret.kind === 'snmpUser' ? taken : readBack(session, secret);
}

const taken: Outcome<null> = { kind: 'answered', value: null };

/**
 * Read again as it was set, encrypted: who shows what he has shows whether it is the new one. To try it is no way to find out, as a
 * community is said in clear. Most show none; then the device's word is all there is.
 */
async function readBack(session: Session, secret: Community): Promise<Outcome<null>> {
  const oid = objects[secret.kind];
  const value = (await getAll(session, [oid])).found.get(oid)?.value;
  const shown = Buffer.isBuffer(value) ? value.toString().trim() : '';
  return shown === secret.community || isHidden(shown) ? taken : notTaken;
}

/** As agents write that there is one, or nothing at all. */
const isHidden = (shown: string): boolean => shown === 'SET' || /^[*\0]*$/.test(shown);

const notTaken: Outcome<never> = {
  kind: 'failed',
  reason: 'it took the new one, but says another when it is read again',
  mayPass: false,
};

const inClear: Outcome<never> = {
  kind: 'unsupported',
  reason: 'no secret is sent by SNMP but encrypted, by SNMPv3',
};
/** By SNMP nobody can tell whether a password of its pages is still that one, and one that Muster makes no person could read. */
const unproven: Outcome<never> = {
  kind: 'unsupported',
  reason: 'the password of its pages is not set by SNMP, where nothing shows whether it lets in',
};
const otherUser: Outcome<never> = {
  kind: 'unsupported',
  reason: 'by SNMP a user gets other passwords, and neither another name nor other algorithms',
};

type Community = CredentialOf<'snmpRead' | 'snmpWrite'>;

const octets = (oid: string, value: Buffer): Varbind => ({ oid, type: snmp.ObjectType.OctetString, value });

async function newKeys(
  session: Session,
  { user, auth, priv }: UserAccess,
  next: CredentialOf<'snmpUser'>,
): Promise<readonly Varbind[] | Outcome<never>> {
  const engineId = session.msgSecurityParameters?.msgAuthoritativeEngineID;
  const same = next.user === user && next.auth === auth?.protocol && next.priv === priv?.protocol;
  if (!engineId || !auth || !priv || !same) return otherUser;
  const hash = auth.protocol;
  if (next.priv !== 'aes128') return otherLength;
  const keyOf = async (password: string, bytes: number | null): Promise<Buffer> => {
    const whole = Buffer.concat(await keyMaker.make({ hash, password, engineId, count: 1 }));
    return bytes === null ? whole : whole.subarray(0, bytes);
  };
  const change = async (from: string, to: string, bytes: number | null): Promise<Buffer> =>
    keyChangeOf({ hash, from: await keyOf(from, bytes), to: await keyOf(to, bytes) });
  const index = indexOf(engineId, user);
  return [
    octets(
      `${userEntry}.${columns.ownAuthKeyChange}.${index}`,
      await change(auth.password, next.authPassword, null),
    ),
    octets(
      `${userEntry}.${columns.ownPrivKeyChange}.${index}`,
      await change(priv.password, next.privPassword, aes128Bytes),
    ),
  ];
}

const aes128Bytes = 16;
const otherLength: Outcome<never> = {
  kind: 'unsupported',
  reason: 'by SNMP keys of AES-128 are changed, and no longer ones, which each agent stretches its own way',
};

/** Both of variable length, so that each is led by its length. */
function indexOf(engineId: Buffer, user: string): string {
  const name = Buffer.from(user);
  return [engineId.length, ...engineId, name.length, ...name].join('.');
}
