// One address for each printer, all inside one loopback network.

const lastOctets = 250;

/** Hands out `<prefix>.x.y`, never one twice. `prefix` is two numbers, such as `127.8`. */
export class Addresses {
  #next = 0;

  constructor(private readonly prefix: string) {
    if (!/^\d{1,3}\.\d{1,3}$/.test(prefix))
      throw new RangeError(`network prefix must be like 127.8, not ${prefix}`);
  }

  take(): string {
    const [high, low] = [Math.floor(this.#next / lastOctets), (this.#next % lastOctets) + 1];
    if (high > 255) throw new RangeError(`no address is left in ${this.prefix}.0.0/16`);
    this.#next += 1;
    return `${this.prefix}.${high}.${low}`;
  }
}
