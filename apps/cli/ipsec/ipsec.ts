// muster ipsec: rules of IPsec in a file, checked, made into a configuration of strongSwan, held against a device's.
import { checkIpsec, type IpsecFault } from '#documents/ipsec';
import { compareIpsec, wordsOf } from '#documents/ipsec/compare';
import { renderSwanctl } from '#documents/ipsec/swanctl';
import { saidIpsec } from '#device/ipsec';
import type { IpsecRule } from '#events/ipsec';
import { jsonOf, printed } from '../printed.js';
import { amountOf } from '../said.js';
import { readWords, UsageError } from '../words.js';
import { hostOf, hostOptions, type HostWords } from './host.js';
import { readRules } from './file.js';

export const ipsec = {
  help: `muster ipsec validate FILE
muster ipsec render FILE --own ADDRESS[=SEEN-AS] … > muster.conf
muster ipsec compare FILE DEVICE-FILE
  Rules of IPsec, as deploy/ipsec.md has them, of a file; "-" is what comes in. validate names every fault. render prints
  the configuration of strongSwan for one host: it holds no key. compare takes what a device answered to
  GET /muster/v1/ipsec. Exit 0: all is well, 1: faults or differences, 2: not understood. Nobody is asked.
  --own ADDRESS        of this host; behind NAT with the address that the other end sees (10.0.0.5=203.0.113.7)
  --as host|device     which end of the rules this host is (host)
  --name NAME=LIST     what LocalSubnet, DefaultGateway, DHCP, DNS, WINS stand for here, or all at the other end
  --certificate KIND=FILE  in swanctl/x509, KIND being ecdsa256, ecdsa384 or rsa (muster-KIND.pem)
  --authority FILE     in swanctl/x509ca, who issues the others' certificates (muster-ca.pem)
  --keys FOLDER        where NAME.conf holds the line "secret = …" (muster-keys, beside the configuration)
  --json               faults or differences for a program to read`,
  run: async (words: readonly string[]): Promise<number> => {
    const { values, positionals } = readWords(words, hostOptions);
    const [action = '', file, other, ...more] = positionals;
    if (!['validate', 'render', 'compare'].includes(action) || file === undefined || more.length > 0)
      throw new UsageError('Type muster ipsec validate, render or compare, then a file. Try --help.');
    if ((action === 'compare') !== (other !== undefined))
      throw new UsageError('compare takes two files, the others one. Try --help.');
    const checked = checkIpsec(readRules(file));
    const json = values.json ?? false;
    if ('faults' in checked) return refused(checked.faults, json);
    if (action === 'render') return rendered(checked.rules, values, json);
    if (other !== undefined) return compared(checked.rules, other, json);
    process.stdout.write(json ? '{"faults":[]}\n' : `${amountOf(checked.rules.length, 'rule')}, no fault\n`);
    return 0;
  },
};

function refused(faults: readonly IpsecFault[], json: boolean): number {
  if (json) process.stdout.write(`${jsonOf({ faults })}\n`);
  else for (const { path, message } of faults) process.stderr.write(`${printed(`${path}: ${message}`)}\n`);
  return 1;
}

function rendered(rules: readonly IpsecRule[], values: HostWords, json: boolean): number {
  const made = renderSwanctl(rules, hostOf(values));
  if ('faults' in made) return refused(made.faults, json);
  process.stdout.write(made.text);
  process.stderr.write(`${made.connections} connections; keys needed: ${made.keys.join(', ') || 'none'}\n`);
  for (const name of made.left) process.stderr.write(`Rule ${name} is not about this host.\n`);
  return 0;
}

function compared(rules: readonly IpsecRule[], file: string, json: boolean): number {
  const said = saidIpsec.safeParse(readRules(file));
  if (!said.success) {
    const [issue] = said.error.issues;
    throw new UsageError(`${file} is no answer of a device: ${issue?.path.join('.')} ${issue?.message}`);
  }
  const differences = compareIpsec(rules, said.data);
  if (json) process.stdout.write(`${jsonOf({ differences })}\n`);
  else if (differences.length === 0) process.stdout.write('The device has these rules and no others.\n');
  else for (const difference of differences) process.stdout.write(`${printed(wordsOf(difference))}\n`);
  return differences.length === 0 ? 0 : 1;
}
