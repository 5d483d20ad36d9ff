// A process that is one device, which announces itself PER_SECOND times a second until it is asked to end, and by 16 connections
// at a time at most: node flapper.js PORT API_PORT DIR PER_SECOND. Then DIR/accepted.json has what it got an acknowledge for.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Crowd } from '../faults/crowd.js';

const [port = '', apiPort = '', dir = '', perSecond = ''] = process.argv.slice(2);
const flapper = await Crowd.open({
  count: 1,
  atOnce: 16,
  stateDir: dir,
  gateways: [Number(port)],
  apiPort: Number(apiPort),
  networkPrefix: '127.8',
});

async function end(): Promise<void> {
  await flapper.settle();
  await writeFile(join(dir, 'accepted.json'), JSON.stringify([...flapper.accepted.values()]));
  await flapper.close();
  process.exit(0);
}

process.once('SIGTERM', () => void end());
flapper.start(Number(perSecond));
process.stdout.write('it announces itself\n');
