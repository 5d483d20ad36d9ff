// An authority made with openssl, by people who do not know Muster: it issues, revokes and publishes.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Credentials } from '#pki/certificate';

const config = (dir: string): string => `
[req]
distinguished_name = name
[name]
[ca]
default_ca = own
[own]
database = ${dir}/index.txt
serial = ${dir}/serial
crlnumber = ${dir}/crlnumber
new_certs_dir = ${dir}
certificate = ${dir}/ca.pem
private_key = ${dir}/ca.key
default_md = sha256
default_days = 2
default_crl_days = 1
unique_subject = no
policy = any
x509_extensions = device
[any]
commonName = supplied
serialNumber = optional
[root]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[device]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
`;

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

export class OpensslAuthority {
  /** @param dir an empty folder of its own */
  constructor(private readonly dir: string) {
    writeFileSync(this.#at('own.cnf'), config(dir));
    writeFileSync(this.#at('index.txt'), '');
    writeFileSync(this.#at('serial'), '1000\n');
    writeFileSync(this.#at('crlnumber'), '01\n');
    const words = ['-x509', '-days', '2', '-subj', '/CN=Lists', '-extensions', 'root'];
    this.#openssl('req', ...words, ...newKey, '-keyout', this.#at('ca.key'), '-out', this.#at('ca.pem'));
  }

  get certificate(): string {
    return readFileSync(this.#at('ca.pem'), 'utf8');
  }

  issue(name: string, serialNumber: string): Credentials {
    return this.#issue(name, `/CN=${name}/serialNumber=${serialNumber}`);
  }

  /** For a server at 127.0.0.1, with the addresses where one may ask about it. */
  issueServer(name: string, { ocsp, crl }: { readonly ocsp?: string; readonly crl?: string }): Credentials {
    const lines = [
      '[server]',
      'basicConstraints = critical,CA:false',
      'keyUsage = critical,digitalSignature',
      'extendedKeyUsage = serverAuth',
      'subjectAltName = IP:127.0.0.1',
      ...(ocsp === undefined ? [] : [`authorityInfoAccess = OCSP;URI:${ocsp}`]),
      ...(crl === undefined ? [] : [`crlDistributionPoints = URI:${crl}`]),
    ];
    writeFileSync(this.#at(`${name}.cnf`), `${lines.join('\n')}\n`);
    return this.#issue(name, `/CN=${name}`, '-extfile', this.#at(`${name}.cnf`), '-extensions', 'server');
  }

  /** An answer made beforehand, as servers staple it. */
  ocspAnswer(name: string): Buffer {
    const own = ['-index', this.#at('index.txt'), '-CA', this.#at('ca.pem'), '-issuer', this.#at('ca.pem')];
    const signer = ['-rsigner', this.#at('ca.pem'), '-rkey', this.#at('ca.key'), '-nmin', '60'];
    const files = ['-cert', this.#at(`${name}.pem`), '-respout', this.#at('answer.der')];
    execFileSync('openssl', ['ocsp', ...own, ...signer, ...files], { stdio: 'ignore' });
    return readFileSync(this.#at('answer.der'));
  }

  #issue(name: string, subject: string, ...words: readonly string[]): Credentials {
    const [key, request, certificate] = ['key', 'csr', 'pem'].map((end) => this.#at(`${name}.${end}`));
    this.#openssl('req', '-new', ...newKey, '-subj', subject, '-keyout', key ?? '', '-out', request ?? '');
    const files = ['-in', request ?? '', '-out', certificate ?? ''];
    this.#openssl('ca', '-batch', '-notext', ...words, ...files);
    return { key: readFileSync(key ?? '', 'utf8'), certificate: readFileSync(certificate ?? '', 'utf8') };
  }

  revoke(name: string): void {
    this.#openssl('ca', '-revoke', this.#at(`${name}.pem`));
  }

  /** A list of now. @param times for one of another time: since when and until when, as YYYYMMDDHHMMSSZ */
  crl(times?: readonly [string, string]): Buffer {
    const words = times ? ['-crl_lastupdate', times[0], '-crl_nextupdate', times[1]] : [];
    this.#openssl('ca', '-gencrl', ...words, '-out', this.#at('list.pem'));
    return readFileSync(this.#at('list.pem'));
  }

  /** A responder at that port, as a process of its own. */
  async respond(port: number): Promise<ChildProcess> {
    const files = [
      '-index',
      this.#at('index.txt'),
      '-CA',
      this.#at('ca.pem'),
      '-rsigner',
      this.#at('ca.pem'),
    ];
    const words = ['ocsp', '-port', String(port), ...files, '-rkey', this.#at('ca.key'), '-nmin', '5'];
    const child = spawn('openssl', [...words, '-ignore_err'], { stdio: ['ignore', 'pipe', 'pipe'] });
    await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')]);
    return child;
  }

  #at(name: string): string {
    return join(this.dir, name);
  }

  #openssl(command: string, ...words: readonly string[]): void {
    execFileSync('openssl', [command, '-config', this.#at('own.cnf'), ...words], { stdio: 'ignore' });
  }
}
