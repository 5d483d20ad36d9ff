// A small authority for tests, made by a library that Muster itself does not use: one root that signs leaves. It keeps no
// books and revokes nothing.
import 'reflect-metadata';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonName,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { newSerial, validFor, type Credentials, type Purpose, type Validity } from '#pki/certificate';
import type { Holder } from '#pki/self-signed';

export interface Issue {
  /** Default: both. Empty: no extended key usage can be met. */
  readonly purposes?: readonly Purpose[];
  readonly validity?: Validity;
}

export class Authority {
  /** A new root, valid for ten years. */
  static async create(commonName: string): Promise<Authority> {
    const keys = await generateKeys();
    const root = await X509CertificateGenerator.createSelfSigned({
      serialNumber: newSerial(),
      name: nameOf({ commonName }),
      ...validFor(3650),
      signingAlgorithm: algorithm,
      keys,
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        await SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    return new Authority(root, keys);
  }

  private constructor(
    private readonly root: X509Certificate,
    private readonly keys: CryptoKeyPair,
  ) {}

  /** PEM of the root: what the other side is told to trust. */
  get certificate(): string {
    return this.root.toString('pem');
  }

  async issue(holder: Holder, issue: Issue = {}): Promise<Credentials> {
    const { purposes = ['serverAuth', 'clientAuth'], validity = validFor(365) } = issue;
    const keys = await generateKeys();
    const certificate = await X509CertificateGenerator.create({
      serialNumber: newSerial(),
      subject: nameOf(holder),
      issuer: this.root.subjectName,
      ...validity,
      signingAlgorithm: algorithm,
      publicKey: keys.publicKey,
      signingKey: this.keys.privateKey,
      extensions: [
        ...(await leafExtensions(holder, keys.publicKey, purposes)),
        await AuthorityKeyIdentifierExtension.create(this.root.publicKey),
      ],
    });
    return { key: await keyPem(keys.privateKey), certificate: certificate.toString('pem') };
  }
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

function generateKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

function nameOf({ commonName, serialNumber }: Holder): Name {
  const parts: JsonName = [{ CN: [commonName] }];
  if (serialNumber !== undefined) parts.push({ '2.5.4.5': [serialNumber] });
  return new Name(parts);
}

async function leafExtensions(
  { dnsNames = [], ipAddresses = [] }: Holder,
  publicKey: CryptoKey,
  purposes: readonly Purpose[],
): Promise<Extension[]> {
  const alternatives = [
    ...dnsNames.map((value) => ({ type: 'dns' as const, value })),
    ...ipAddresses.map((value) => ({ type: 'ip' as const, value })),
  ];
  return [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension(purposes.map((purpose) => ExtendedKeyUsage[purpose])),
    await SubjectKeyIdentifierExtension.create(publicKey),
    ...(alternatives.length > 0 ? [new SubjectAlternativeNameExtension(alternatives)] : []),
  ];
}

async function keyPem(key: CryptoKey): Promise<string> {
  return PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}
