// A small authority for tests: one root that signs leaves. It keeps no books and revokes nothing.
import 'reflect-metadata';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import {
  algorithm,
  generateKeys,
  keyPem,
  leafExtensions,
  nameOf,
  newSerial,
  validFor,
  type Credentials,
  type Holder,
  type Purpose,
  type Validity,
} from '#pki/certificate';

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
