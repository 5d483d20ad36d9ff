// npm run faults:ipsec: rules of IPsec between two peers on a kernel that has ESP, some minutes. Both ends are strongSwan with
// what Muster renders, each in a namespace of one guest; a page is fetched, and the capture is read by tshark.
//
//   wire.ts    this program          cases.ts  what both ends are given, and what must be seen
//   guest.ts   the machine in QEMU   peer.ts   certificates and keys of one end
//   seen.ts    what was seen         charon.ts a charon without a machine, for npm test
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as apt from '../../scripts/apt.mjs';
import { messageOf } from '#events/message-of';
import { cases as all, configurationOf, isRefusal, type WireCase } from './cases.js';
import { strongswanConf } from './charon.js';
import { kernel, runGuest } from './guest.js';
import { newAuthority, writePeer } from './peer.js';
import { faultsOf, page } from './seen.js';

const { install, missing, wired } = (await import(
  pathToFileURL(resolve('scripts/apt.mjs')).href
)) as typeof apt;
const packages = missing(wired);
if (packages.length > 0) await install(packages);

/** Those whose name has a word that was typed. */
const words = process.argv.slice(2);
const cases = all.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
const began = performance.now();
// Not in /tmp: the guest has one of its own.
const out = mkdtempSync('/var/tmp/muster-ipsec-');
const folders = cases.map((of, at) => ({ of, folder: write(of, at) }));
mkdirSync(join(out, 'page'));
writeFileSync(join(out, 'page', 'page.txt'), page);
const machine = kernel();
console.log(`Linux ${machine.version} in QEMU, ${cases.length} cases; what is seen lies in ${out}`);
const script = join(out, 'run.sh');
writeFileSync(
  script,
  `set -- ${out} ${machine.root}\n${readFileSync(resolve('test/ipsec/inside.sh'), 'utf8')}`,
);
const said = await runGuest(machine, { script, out });
const failed = folders.filter(({ of, folder }) => {
  const faults = seenIn(folder, of);
  console.log(
    `${faults.length === 0 ? 'ok    ' : 'FAILED'}  ${of.name}${faults.map((fault) => `\n        ${fault}`).join('')}`,
  );
  return faults.length > 0;
}).length;
const seconds = Math.round((performance.now() - began) / 1000);
if (failed > 0) console.log(said.slice(-4_000));
else rmSync(out, { recursive: true });
console.log(`RESULT ipsec cases=${cases.length} failed=${failed} seconds=${seconds}`);
process.exitCode = failed === 0 ? 0 : 1;

function seenIn(folder: string, of: WireCase): readonly string[] {
  if (!existsSync(join(folder, 'capture.pcap'))) return ['the guest did not come to it'];
  try {
    return faultsOf(folder, of);
  } catch (error) {
    return [messageOf(error)];
  }
}

/** What the guest finds: both ends' folders, and who calls whom. */
function write(of: WireCase, at: number): string {
  const folder = join(out, 'cases', String(at).padStart(2, '0'));
  const authority = newAuthority();
  const other = of.stranger === true ? newAuthority() : authority;
  for (const end of ['host', 'device'] as const) {
    const strange = end === 'device' && of.otherKey === true;
    writePeer(join(folder, end), {
      subject: end,
      keys: { office: strange ? 'not the key of the other' : 'the key of these two' },
      authority: end === 'device' ? other : authority,
      ...(end === 'device' && of.deviceKinds ? { kinds: of.deviceKinds } : {}),
    });
    writeFileSync(join(folder, end, 'muster.conf'), configurationOf(of, end));
    writeFileSync(
      join(folder, end, 'strongswan.conf'),
      strongswanConf(`/tmp/${end}.vici`, `/tmp/${end}.log`),
    );
  }
  for (const each of new Set([authority, other])) each.remove();
  const { caller = 'host', six, nat } = of;
  const address = { host: six ? 'fd09::1' : '10.9.0.1', device: six ? 'fd09::2' : '10.9.0.2' };
  const answers = caller === 'host' ? 'device' : 'host';
  const typed = six ? `[${address[answers]}]` : address[answers];
  const told = {
    caller,
    answers,
    address: typed,
    port: `${typed}:8080`,
    way: nat ? 'nat' : 'cable',
    tries: isRefusal(of.expected) ? '4' : '20',
  };
  for (const [name, text] of Object.entries(told)) writeFileSync(join(folder, name), text);
  return folder;
}
