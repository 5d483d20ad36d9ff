// A task's device, by all that it may speak.
import { isDeepStrictEqual } from 'node:util';
import { openDeviceApi } from '#device/api';
import type { Driver, DriverName, Target } from '#device/device';
import { ippPort as standardIppPort, openIpp } from '#device/ipp/ipp';
import { openProbe, standardPorts } from '#device/probe/probe';
import { openSnmp, snmpPort as standardSnmpPort } from '#device/snmp/driver';
import { withoutSecrets } from '#device/ways/entrance';
import type { Known } from '#device/ways/known';
import { Ways, type Speaking } from '#device/ways/ways';
import type { Identity } from '#events/identity';
import type { Settings } from '#events/settings';
import { digestOf, type Held } from './credentials/held.js';
import type { Keyring } from './credentials/keyring.js';

/** Whom a task is about, as it was found when the task began. */
export interface Whom {
  readonly identity: Identity;
  readonly fingerprint: string | null;
  readonly networks: Settings['deviceNetworks'];
  /** PEM of whom its certificate must lead to; null: the pinned one is enough. */
  readonly trusted: readonly string[] | null;
  /** PEM of whom the operator trusts, whatever must be: a policy may ask whether its certificate leads there. */
  readonly authorities: readonly string[];
  /** Read community of SNMP, which is no secret; null: it is not asked by SNMP. */
  readonly community: string | null;
  readonly known: Known | null;
  /** What may open it besides. */
  readonly held: Held;
}

/** How each protocol is opened to a device; those that are missing are not spoken. */
export type Openers = (whom: Whom) => Readonly<Partial<Record<DriverName, () => Driver>>>;

/** Where devices are asked: the same for all of them. */
export interface Ports {
  readonly devicePort: number;
  readonly snmpPort?: number;
  readonly ippPort?: number;
}

export const openersOn =
  ({ devicePort, snmpPort: snmp = standardSnmpPort, ippPort: ipp = standardIppPort }: Ports): Openers =>
  (whom) => ({
    api: () => openDeviceApi(targetOf(whom, devicePort)),
    ...(whom.community !== null && { snmp: snmpOf(whom, whom.community, snmp) }),
    ipp: () => openIpp({ ...targetOf(whom, ipp), serial: whom.identity.serial }),
    probe: probeOf(whom, ipp),
  });

const snmpOf = (whom: Whom, community: string, port: number) => (): Driver => {
  const { identity, networks } = whom;
  const access = { version: 'clear', community } as const;
  return openSnmp({ address: identity.ip, port, networks, access, serial: identity.serial });
};

const probeOf =
  ({ identity, networks, authorities }: Whom, ipps: number) =>
  (): Driver =>
    openProbe(
      { address: identity.ip, hostname: identity.hostname, networks },
      { authorities: oneList(authorities), ports: { ...standardPorts, ipps } },
    );

/** What OpenSSL makes of a list of authorities is kept with the list, and dear: devices that are asked after each other share one. */
let latest: readonly string[] = [];
function oneList(authorities: readonly string[]): readonly string[] {
  if (!isDeepStrictEqual(latest, authorities)) latest = authorities;
  return latest;
}

/** @param keyring opens what is held of credentials; null: none of them is used */
export function connect(whom: Whom, openers: Openers, keyring: Keyring | null): Speaking {
  const { identity, fingerprint, community, known, held } = whom;
  const { model, firmware, ip, serial } = identity;
  const plain = openers(whom);
  const withSecrets = keyring?.entrancesFor(whom, plain);
  const entrances = withSecrets ?? withoutSecrets(plain);
  const device = new Ways({
    serial,
    target: targetOf(whom, 0),
    known,
    subject: { model, firmware, ip, fingerprint, entrances: digestOf(held, community) },
    entrances,
  });
  return keyring && withSecrets ? keyring.withSecrets(whom, device, withSecrets) : device;
}

export const targetOf = ({ identity, fingerprint, networks, trusted }: Whom, port: number): Target => ({
  address: identity.ip,
  port,
  fingerprint,
  networks,
  mutual: trusted && { serial: identity.serial, authorities: trusted },
});
