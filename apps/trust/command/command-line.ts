// `muster ca`: which commands there are. Exit 0: done, 1: it could not be done, 2: typed wrongly.
//
//   command-line.ts  this file
//   init.ts          an authority is made; renew.ts: its certificates anew    crl.ts      the list of what was revoked
//   issue.ts         a key and its certificate    sign.ts     a certificate for a key made elsewhere
//   request.ts       asks an authority elsewhere  revoke.ts   takes trust back
//   import.ts, export.ts  identities as files, by identity-file.ts    gateways.ts  who gets them sealed
//   enrol.ts         secrets for first enrolment  list.ts     what there is
//   words.ts         options as people type them, and what all commands take
import { AuthorityFault } from '#pki/authority/fault';
import { UnreadableAuthorities } from '#pki/authorities';
import { TrustFault } from '../fault.js';
import { crl } from './crl.js';
import { enrol } from './enrol.js';
import { exportIdentity } from './export.js';
import { gatewaysCommand } from './gateways.js';
import { importIdentity } from './import.js';
import { init } from './init.js';
import { issue } from './issue.js';
import { list } from './list.js';
import { renew } from './renew.js';
import { request } from './request.js';
import { revoke } from './revoke.js';
import { sign } from './sign.js';
import { commonHelp, type Command } from './words.js';

const commands: ReadonlyMap<string, Command> = new Map([
  ['init', init],
  ['renew', renew],
  ['issue', issue],
  ['request', request],
  ['sign', sign],
  ['revoke', revoke],
  ['crl', crl],
  ['import', importIdentity],
  ['export', exportIdentity],
  ['gateways', gatewaysCommand],
  ['enrol', enrol],
  ['list', list],
]);

/** Runs what was typed and resolves to the exit code. */
export async function runCommand([name = '', ...words]: readonly string[]): Promise<number> {
  const command = commands.get(name);
  if (!command || words.includes('--help')) {
    const shown = command ? [command] : [...commands.values()];
    const unknown = command || name === '' || name === '--help' ? '' : `There is no command ${name}.\n\n`;
    const text = `${unknown}${shown.map(({ help }) => help).join('\n\n')}\n\n${commonHelp}\n`;
    (unknown ? process.stderr : process.stdout).write(text);
    return unknown ? 2 : 0;
  }
  try {
    await command.run(words);
    return 0;
  } catch (error) {
    const expected = [TrustFault, AuthorityFault, UnreadableAuthorities].some(
      (kind) => error instanceof kind,
    );
    const told = error instanceof Error ? (expected ? error.message : error.stack) : String(error);
    process.stderr.write(`muster ca ${name}: ${told ?? ''}\n`);
    return error instanceof TrustFault && error.code === 'usage' ? 2 : 1;
  }
}
