// A root, an authority that it has signed, and another root of the same name: made by openssl.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownFolder } from './servers.js';

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
const ca = [
  '-addext',
  'basicConstraints=critical,CA:true',
  '-addext',
  'keyUsage=critical,keyCertSign,cRLSign',
];

export async function issuingChain(): Promise<Readonly<Record<'root' | 'issuing' | 'impostor', string>>> {
  const dir = await ownFolder('chain');
  const at = (name: string): string => join(dir, name);
  const make = (name: string, subject: string, ...words: readonly string[]): string => {
    const files = ['-keyout', at(`${name}.key`), '-out', at(`${name}.pem`)];
    execFileSync('openssl', ['req', '-x509', ...newKey, '-subj', subject, ...ca, ...words, ...files], {
      stdio: 'ignore',
    });
    return readFileSync(at(`${name}.pem`), 'utf8');
  };
  const root = make('root', '/CN=Root');
  const impostor = make('impostor', '/CN=Root');
  const issuing = make('issuing', '/CN=Issuing', '-CA', at('root.pem'), '-CAkey', at('root.key'));
  return { root, issuing, impostor };
}
