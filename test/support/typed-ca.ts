// `muster ca` as a person types it, in a folder with openssl beside it: what it makes is judged by a program that is not Muster's.
import { runCommand } from '../../apps/trust/command/command-line.js';
import { OpenSsl } from './openssl.js';
import { typed, type Typed } from './typed.js';

export class TypedCa {
  readonly openssl = new OpenSsl();
  readonly passphrase = this.openssl.file('passphrase', 'correct horse battery staple\n');
  /** Of files with keys. */
  readonly password = this.openssl.file('password', 'a pass of files\n');
  readonly place = {
    MUSTER_TRUST_DIR: this.openssl.path('trust'),
    MUSTER_TRUST_PASSPHRASE_FILE: this.passphrase,
  };

  /** In the folder `trust`, unless the words say otherwise; names of files are of the folder of openssl. */
  type(...words: readonly string[]): Promise<Typed> {
    const placed = words.map((word) =>
      /^[\w-]+\.(?:pem|p12|crl)$/.test(word) ? this.openssl.path(word) : word,
    );
    return typed(runCommand, placed, this.place);
  }

  /** What it prints; throws what it said when it failed. */
  async done(...words: readonly string[]): Promise<string> {
    const { status, out, text } = await this.type(...words);
    if (status !== 0) throw new Error(text);
    return out;
  }

  /** What OpenSSL says of a certificate below the authorities in roots.pem. */
  verify(file: string, ...words: readonly string[]): string {
    const roots = ['-CAfile', 'roots.pem', '-untrusted', 'roots.pem'];
    return this.openssl.try('verify', '-x509_strict', ...words, ...roots, file).text;
  }

  remove(): void {
    this.openssl.remove();
  }
}
