// PEM that an operator gave: which authorities are trusted.
import { X509Certificate } from 'node:crypto';

/** Thrown when there is no certificate in the text, or one that cannot be read. Node alone would take it silently. */
export class UnreadableAuthorities extends Error {
  override readonly name = 'UnreadableAuthorities';
}

const block = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** Each certificate by itself, PEM. Throws UnreadableAuthorities. */
export function authoritiesIn(pem: string): string[] {
  const blocks = pem.match(block) ?? [];
  if (blocks.length === 0) throw new UnreadableAuthorities('there is no certificate in PEM form');
  for (const [index, text] of blocks.entries()) {
    try {
      new X509Certificate(text);
    } catch {
      throw new UnreadableAuthorities(`certificate ${index + 1} of ${blocks.length} cannot be read`);
    }
  }
  return blocks;
}
