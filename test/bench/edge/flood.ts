// A process that knocks from one address as often as it can until it is ended: node flood.js PORT ADDRESS. Prints each second
// how often it has, and how often it got a key exchange for it.
import { clientHello } from '../../support/client-hello.js';
import { knock } from './hellos.js';

const atOnce = 100;
const [port = '', address = ''] = process.argv.slice(2);
const hello = await clientHello();
const counts = { tried: 0, answered: 0 };

async function knockOn(): Promise<never> {
  for (;;) {
    counts.tried += 1;
    if (await knock(Number(port), hello, address)) counts.answered += 1;
  }
}

for (let number = 0; number < atOnce; number += 1) void knockOn();
setInterval(() => process.stdout.write(`${counts.tried} ${counts.answered}\n`), 1_000);
