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
[server]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
`;

const newKeys = {
  p256: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
  rsa2048: ['-newkey', 'rsa:2048', '-nodes'],
} as const;
export type OpensslKey = keyof typeof newKeys;

/** Since when and until when, as `timeText` has it. */
export type Times = readonly [string, string];

/** YYYYMMDDHHMMSSZ. */
export const timeText = (at: Date): string => `${at.toISOString().replaceAll(/[-:T]|\..*/g, '')}Z`;

export interface OpensslAuthorityOptions {
  /** Of the authority and of all that it issues. */
  readonly key?: OpensslKey;
  readonly commonName?: string;
  /** That the authority's own certificate is valid for. */
  readonly days?: number;
}

export interface OpensslIssue {
  readonly purpose?: 'device' | 'server';
  /** Default: from now, for two days. */
  readonly times?: Times;
}

export interface CredentialFiles {
  readonly keyFile: string;
  readonly certificateFile: string;
}

export class OpensslAuthority {
  readonly #newKey: readonly string[];

  /** @param dir an empty folder of its own */
  constructor(
    private readonly dir: string,
    { key = 'p256', commonName = 'Lists', days = 2 }: OpensslAuthorityOptions = {},
  ) {
    this.#newKey = newKeys[key];
    writeFileSync(this.#at('own.cnf'), config(dir));
    writeFileSync(this.#at('index.txt'), '');
    writeFileSync(this.#at('serial'), '1000\n');
    writeFileSync(this.#at('crlnumber'), '01\n');
    const words = ['-x509', '-days', String(days), '-subj', `/CN=${commonName}`, '-extensions', 'root'];
    this.#openssl(
      'req',
      ...words,
      ...this.#newKey,
      '-keyout',
      this.#at('ca.key'),
      '-out',
      this.#at('ca.pem'),
    );
  }

  /** PEM. */
  get key(): string {
    return readFileSync(this.#at('ca.key'), 'utf8');
  }

  get certificate(): string {
    return readFileSync(this.#at('ca.pem'), 'utf8');
  }

  issue(
    name: string,
    serialNumber: string,
    { purpose = 'device', times }: OpensslIssue = {},
  ): Credentials & CredentialFiles {
    const validity = times ? ['-startdate', times[0], '-enddate', times[1]] : [];
    return this.#issue(name, `/CN=${name}/serialNumber=${serialNumber}`, '-extensions', purpose, ...validity);
  }

  /** For a server at 127.0.0.1, with the addresses where one may ask about it. */
  issueServer(
    name: string,
    { ocsp, crl }: { readonly ocsp?: string; readonly crl?: string },
  ): Credentials & CredentialFiles {
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

  /** A device's, by nobody's word but its own. */
  selfSigned(name: string, serialNumber: string): Credentials & CredentialFiles {
    const { keyFile, certificateFile } = this.filesOf(name);
    const words = ['-x509', '-extensions', 'device', '-subj', `/CN=${name}/serialNumber=${serialNumber}`];
    this.#openssl('req', ...words, ...this.#newKey, '-keyout', keyFile, '-out', certificateFile);
    return this.#read(name);
  }

  filesOf(name: string): CredentialFiles {
    return { keyFile: this.#at(`${name}.key`), certificateFile: this.#at(`${name}.pem`) };
  }

  /** An answer made beforehand, as servers staple it. */
  ocspAnswer(name: string): Buffer {
    return this.#answer('-nmin', '60', '-issuer', this.#at('ca.pem'), '-cert', this.#at(`${name}.pem`));
  }

  /** What openssl answers to a question by OCSP. */
  answer(question: Buffer): Buffer {
    writeFileSync(this.#at('question.der'), question);
    return this.#answer('-nmin', '5', '-reqin', this.#at('question.der'));
  }

  #answer(...words: readonly string[]): Buffer {
    const own = ['-index', this.#at('index.txt'), '-CA', this.#at('ca.pem')];
    const signer = ['-rsigner', this.#at('ca.pem'), '-rkey', this.#at('ca.key')];
    const files = ['-respout', this.#at('answer.der')];
    execFileSync('openssl', ['ocsp', ...own, ...signer, ...words, ...files], { stdio: 'ignore' });
    return readFileSync(this.#at('answer.der'));
  }

  #issue(name: string, subject: string, ...words: readonly string[]): Credentials & CredentialFiles {
    const { keyFile, certificateFile } = this.filesOf(name);
    const request = this.#at(`${name}.csr`);
    this.#openssl('req', '-new', ...this.#newKey, '-subj', subject, '-keyout', keyFile, '-out', request);
    this.#openssl('ca', '-batch', '-notext', ...words, '-in', request, '-out', certificateFile);
    return this.#read(name);
  }

  #read(name: string): Credentials & CredentialFiles {
    const files = this.filesOf(name);
    const { keyFile, certificateFile } = files;
    const [key, certificate] = [readFileSync(keyFile, 'utf8'), readFileSync(certificateFile, 'utf8')];
    return { key, certificate, ...files };
  }

  revoke(name: string): void {
    this.#openssl('ca', '-revoke', this.#at(`${name}.pem`));
  }

  /** A list of now. @param times for one of another time */
  crl(times?: Times): Buffer {
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
