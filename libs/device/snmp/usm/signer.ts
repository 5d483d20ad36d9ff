// A user of SNMPv3 as net-snmp knows him, with keys for one engine.
import snmp, { type User } from 'net-snmp';
import type { UserAccess } from '../access.js';
import type { Engine } from './header.js';
import type { KeyMaker } from './keys.js';
import { Loan } from './loan.js';

const authentication = {
  md5: { number: snmp.AuthProtocols.md5, hash: 'md5', keyBytes: 16 },
  sha1: { number: snmp.AuthProtocols.sha, hash: 'sha1', keyBytes: 20 },
  sha224: { number: snmp.AuthProtocols.sha224, hash: 'sha224', keyBytes: 28 },
  sha256: { number: snmp.AuthProtocols.sha256, hash: 'sha256', keyBytes: 32 },
  sha384: { number: snmp.AuthProtocols.sha384, hash: 'sha384', keyBytes: 48 },
  sha512: { number: snmp.AuthProtocols.sha512, hash: 'sha512', keyBytes: 64 },
} as const;

const privacy = {
  aes128: snmp.PrivProtocols.aes,
  aes256b: snmp.PrivProtocols.aes256b,
  aes256r: snmp.PrivProtocols.aes256r,
} as const;
const reederBytes = 32;

export interface Signer {
  readonly user: User;
  /** Of its messages, and of the answers to them: see Header. */
  readonly level: number;
  /** Nothing can be asked after it. */
  forget(): void;
}

/** @param access without fault: see faultOfAccess */
export async function signerOf(access: UserAccess, engine: Engine, maker: KeyMaker): Promise<Signer> {
  const { user: name, auth, priv } = access;
  const { SecurityLevel: levels } = snmp;
  if (!auth) return { user: { name, level: levels.noAuthNoPriv }, level: 0, forget: () => undefined };

  const { number: authProtocol, hash, keyBytes } = authentication[auth.protocol];
  const loan = new Loan(authProtocol, engine.id);
  const forget = (): void => loan.takeBack();
  const make = (password: string, count: number) =>
    maker.make({ hash, password, engineId: engine.id, count });

  if (!priv || priv.protocol === 'des') {
    const authKey = loan.lend(await make(auth.password, 1));
    return { user: { name, level: levels.authNoPriv, authProtocol, authKey }, level: 1, forget };
  }
  const parts = priv.protocol === 'aes256r' ? Math.ceil(reederBytes / keyBytes) : 1;
  const keys = await Promise.all([make(auth.password, 1), make(priv.password, parts)]);
  const [authKey, privKey] = [loan.lend(keys[0]), loan.lend(keys[1])];
  const privProtocol = privacy[priv.protocol];
  return {
    user: { name, level: levels.authPriv, authProtocol, authKey, privProtocol, privKey },
    level: 3,
    forget,
  };
}
