// Clients of TLS that nobody here wrote, announcing as the protocol's page says: a line by standard input, the answer by
// standard output.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { dial } from './gateway.js';
import type { Answer } from './gateway.js';
import type { CredentialFiles } from './openssl-authority.js';
import { until } from './until.js';

export const tlsVersions = ['TLSv1.2', 'TLSv1.3'] as const;
export type TlsVersion = (typeof tlsVersions)[number];

export interface Announcing {
  readonly port: number;
  readonly version: TlsVersion;
  /** Null: no certificate is shown. */
  readonly shown: CredentialFiles | null;
  /** With its end. */
  readonly line: string;
}

export interface ForeignClient {
  readonly name: string;
  /** Whether it is installed here. */
  readonly there: boolean;
  /** Resolves with the acknowledge; throws what was said when none comes. */
  announce(announcing: Announcing): Promise<Answer>;
}

export const foreignClients: readonly ForeignClient[] = [
  {
    name: 'openssl s_client',
    there: existsSync('/usr/bin/openssl'),
    announce: (announcing) => byProgram('openssl', opensslWords(announcing), announcing.line),
  },
  {
    name: 'gnutls-cli',
    there: existsSync('/usr/bin/gnutls-cli'),
    announce: (announcing) => byProgram('gnutls-cli', gnutlsWords(announcing), announcing.line),
  },
  { name: 'Node 24', there: true, announce: byNode },
];

function opensslWords({ port, version, shown }: Announcing): readonly string[] {
  const only = version === 'TLSv1.2' ? '-tls1_2' : '-tls1_3';
  const identity = shown ? ['-cert', shown.certificateFile, '-key', shown.keyFile] : [];
  return ['s_client', '-quiet', '-connect', `127.0.0.1:${port}`, only, ...identity];
}

/** The server's certificate is not what is asked about here. */
function gnutlsWords({ port, version, shown }: Announcing): readonly string[] {
  const only = `NORMAL:-VERS-ALL:+VERS-TLS${version.slice(-3)}`;
  const identity = shown ? ['--x509certfile', shown.certificateFile, '--x509keyfile', shown.keyFile] : [];
  return ['--insecure', '--port', String(port), '--priority', only, ...identity, '127.0.0.1'];
}

async function byProgram(program: string, words: readonly string[], line: string): Promise<Answer> {
  const child = spawn(program, [...words]);
  const closed = once(child, 'close');
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.stdin.on('error', () => undefined);
  // Left open: some hang up once there is nothing more to say.
  child.stdin.write(line);
  try {
    return await until(`${program} ${words.join(' ')} is answered`, () => {
      const answer = answerIn(said);
      if (!answer && child.exitCode !== null) throw new Error(`${program} ${words.join(' ')}: ${said}`);
      return answer;
    });
  } finally {
    child.kill();
    await closed;
  }
}

async function byNode({ port, version, shown, line }: Announcing): Promise<Answer> {
  const identity = {
    key: shown ? readFileSync(shown.keyFile, 'utf8') : undefined,
    cert: shown ? readFileSync(shown.certificateFile, 'utf8') : undefined,
  };
  const socket = await dial(port, { minVersion: version, maxVersion: version, ...identity });
  let said = '';
  socket.setEncoding('utf8').on('data', (text: string) => (said += text));
  socket.write(line);
  try {
    return await until('Node is answered', () => answerIn(said));
  } finally {
    socket.destroy();
  }
}

function answerIn(said: string): Answer | null {
  const found = /^\{.*"type":"acknowledge".*\}$/m.exec(said);
  return found && (JSON.parse(found[0]) as Answer);
}
