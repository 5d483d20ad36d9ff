// Keys lent to net-snmp. It makes keys of passwords itself, where everybody waits for it, and remembers them for ever by the
// clear password: so it is given names in the place of passwords, and its memory the keys that they stand for.
import { randomUUID } from 'node:crypto';
import snmp from 'net-snmp';
import type { Keys } from './keys.js';

export class Loan {
  readonly #lent: string[] = [];

  constructor(
    private readonly protocol: number,
    private readonly engineId: Buffer,
  ) {}

  /** The name to give in the place of the password. */
  lend([key, ...further]: Keys): string {
    const name = randomUUID();
    if (!key) return name;
    const place = snmp.Authentication.computeCacheKey(this.protocol, name, this.engineId);
    snmp.Authentication.authToKeyCache[place] = further.length > 0 ? this.#leadingTo(key, further) : key;
    this.#lent.push(place);
    return name;
  }

  /** What made a longer key asks for the next part of it by the part before, as if that was a password: as text. */
  #leadingTo(key: Buffer, further: Keys): Buffer {
    const next = this.lend(further);
    return Object.assign(Buffer.from(key), { toString: () => next });
  }

  takeBack(): void {
    for (const place of this.#lent.splice(0)) delete snmp.Authentication.authToKeyCache[place];
  }
}
