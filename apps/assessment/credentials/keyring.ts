// How each kind of credential opens a device.
import { openDeviceApi } from '#device/api';
import type { Driver, DriverName, Target } from '#device/device';
import type { UserAccess } from '#device/snmp/access';
import { openCommunities } from '#device/snmp/communities';
import { openSnmp, snmpPort } from '#device/snmp/driver';
import type { CredentialOf } from '#device/credential';
import type { Ways } from '#device/ways/ways';
import { targetOf, type Whom } from '../connect.js';
import { CredentialEntrances, type Opened } from './entrances.js';
import { subjectOf } from './held.js';
import type { Vault } from './vault.js';
import { WithSecrets } from './with-secrets.js';

export interface KeyringOptions {
  readonly vault: Vault;
  /** Of the device API. */
  readonly devicePort: number;
  readonly snmpPort?: number;
  /** Wrong ones that may be tried by each protocol in one task. */
  readonly attemptsMax: number;
}

export class Keyring {
  constructor(private readonly options: KeyringOptions) {}

  /** @param openers without a secret */
  entrancesFor(
    whom: Whom,
    openers: Readonly<Partial<Record<DriverName, () => Driver>>>,
  ): CredentialEntrances {
    const { vault, attemptsMax } = this.options;
    const { held, identity, fingerprint, trusted, community } = whom;
    return new CredentialEntrances({
      held,
      subject: subjectOf(identity, fingerprint),
      provable: fingerprint !== null || trusted !== null,
      vouched: trusted !== null || (fingerprint !== null && fingerprint === held.approved),
      community,
      attemptsMax,
      vault,
      openers,
      openWith: (opened) => this.#open(whom, opened),
    });
  }

  /** With its secrets as settings. */
  withSecrets(whom: Whom, device: Ways, entrances: CredentialEntrances): WithSecrets {
    const { held, identity, fingerprint } = whom;
    const subject = subjectOf(identity, fingerprint);
    return new WithSecrets({ device, entrances, held, vault: this.options.vault, subject });
  }

  #open(whom: Whom, opened: Opened): Driver {
    const { devicePort, snmpPort: port = snmpPort } = this.options;
    const api: Target = targetOf(whom, devicePort);
    const { identity, networks } = whom;
    const snmp = { address: identity.ip, port, networks, serial: identity.serial };
    switch (opened.kind) {
      case 'admin':
        return openDeviceApi(api, {
          user: 'admin',
          password: opened.credential.password,
          serial: identity.serial,
        });
      case 'snmpUser':
        return openSnmp({ ...snmp, access: accessOf(opened.credential) });
      case 'communities':
        return openCommunities(snmp, opened);
    }
  }
}

const accessOf = (of: CredentialOf<'snmpUser'>): UserAccess => ({
  version: 'v3',
  user: of.user,
  auth: { protocol: of.auth, password: of.authPassword },
  priv: { protocol: of.priv, password: of.privPassword },
});
