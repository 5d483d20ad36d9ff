// What was not sent to a device in one task, though it would have been tried: which secrets, and why.
import type { CredentialKind, CredentialScope } from '#device/credential';
import type { Candidate } from './held.js';

type Named = Pick<Candidate, 'kind' | 'scope'>;

const kinds: Readonly<Record<CredentialKind, string>> = {
  admin: 'administrator password',
  snmpRead: 'SNMP read community',
  snmpWrite: 'SNMP write community',
  snmpUser: 'SNMPv3 user',
};
const owners: Readonly<Record<CredentialScope, string>> = {
  device: 'of this device',
  group: 'of one of its groups',
  global: 'of all devices',
};

export class KeptBack {
  /** By reason: what each is called. One that was another before is told once. */
  readonly #names = new Map<string, Set<string>>();

  add({ kind, scope }: Named, why: string): void {
    this.#names.set(why, (this.#names.get(why) ?? new Set()).add(`${kinds[kind]} ${owners[scope]}`));
  }

  /** What was kept back for this reason, in words; null: nothing. */
  saying(why: string): string | null {
    const names = this.#names.get(why);
    if (!names) return null;
    const all = [...names].map((name) => `the ${name}`).join(' and ');
    return `${all} ${names.size === 1 ? 'was' : 'were'} not sent to it: ${why}`;
  }

  /** All of it; null: nothing. */
  get said(): string | null {
    const all = [...this.#names.keys()].map((why) => this.saying(why));
    return all.length > 0 ? all.join('; ') : null;
  }
}
