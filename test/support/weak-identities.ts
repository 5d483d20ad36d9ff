// Keys and certificates as old files hold them, which no TLS server of today presents; made by openssl.
import type { Credentials } from '#pki/certificate';
import type { OpenSsl } from './openssl.js';

export interface WeakIdentity extends Credentials {
  readonly what: string;
  /** In whatever refuses it. */
  readonly says: string;
  /** PEM of the authority alone. */
  readonly above: string;
}

const p256: readonly string[] = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
const rsa1024: readonly string[] = ['-newkey', 'rsa:1024'];
const weakKey = 'has a weak key (RSA below 2048 bits';

/** In the folder of that openssl. */
export function weakIdentities(openssl: OpenSsl): readonly WeakIdentity[] {
  const make = (
    name: string,
    { own = p256, issuer = p256, digest = 'sha256' },
  ): Credentials & { above: string } => {
    const files = (file: string) => ['-nodes', '-keyout', `${file}.key`, '-out', `${file}.pem`];
    const ca = ['-addext', 'basicConstraints=critical,CA:true', '-addext', 'keyUsage=critical,keyCertSign'];
    openssl.run('req', '-x509', ...issuer, ...files(`${name}-above`), ...ca, '-subj', '/CN=Old authority');
    openssl.run('req', '-new', ...own, ...files(name), '-subj', '/CN=muster.example');
    const by = ['-CA', `${name}-above.pem`, '-CAkey', `${name}-above.key`, '-CAcreateserial', `-${digest}`];
    openssl.file('leaf.cnf', 'extendedKeyUsage=serverAuth\n');
    openssl.run(
      'x509',
      '-req',
      '-in',
      `${name}.pem`,
      ...by,
      '-extfile',
      'leaf.cnf',
      '-out',
      `${name}-own.pem`,
    );
    const above = openssl.read(`${name}-above.pem`);
    return { key: openssl.read(`${name}.key`), certificate: openssl.read(`${name}-own.pem`) + above, above };
  };
  return [
    {
      what: 'an RSA key of 1024 bits',
      says: `the certificate ${weakKey}`,
      ...make('short', { own: rsa1024 }),
    },
    {
      what: 'an authority with one',
      says: `a certificate above it (CN=Old authority) ${weakKey}`,
      ...make('under', { issuer: rsa1024 }),
    },
    {
      what: 'a signature with SHA-1',
      says: 'the certificate is signed with MD5 or SHA-1',
      ...make('sha', { digest: 'sha1' }),
    },
  ];
}
