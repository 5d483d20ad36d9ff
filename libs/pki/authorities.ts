// PEM that an operator gave: which authorities are trusted.
import { X509Certificate } from 'node:crypto';
import { faultOfAuthority } from './rfc5280.js';

/** Thrown when there is no certificate in the text, or one that cannot be read. Node alone would take it silently. */
export class UnreadableAuthorities extends Error {
  override readonly name = 'UnreadableAuthorities';
}

const block = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** Each certificate by itself, PEM, readable or not. Throws UnreadableAuthorities where there is none. */
export function blocksIn(pem: string): string[] {
  const blocks = pem.match(block) ?? [];
  if (blocks.length === 0) throw new UnreadableAuthorities('there is no certificate in PEM form');
  return blocks;
}

/** Each certificate by itself, PEM. Throws UnreadableAuthorities. */
export function authoritiesIn(pem: string): string[] {
  const blocks = blocksIn(pem);
  for (const [index, text] of blocks.entries()) {
    try {
      new X509Certificate(text);
    } catch {
      throw new UnreadableAuthorities(`certificate ${index + 1} of ${blocks.length} cannot be read`);
    }
  }
  return blocks;
}

/** Those that are made as RFC 5280 says, and of the others why they are not trusted. */
export interface SoundAuthorities {
  readonly sound: readonly string[];
  /** In words that follow the name of the certificate. */
  readonly refused: readonly string[];
}

/** OpenSSL would trust whatever it is given. Throws UnreadableAuthorities. */
export function soundAuthoritiesIn(pem: string): SoundAuthorities {
  const judged = authoritiesIn(pem).map((text) => {
    const certificate = new X509Certificate(text);
    return { text, subject: certificate.subject, fault: faultOfAuthority(certificate) };
  });
  return {
    sound: judged.flatMap(({ text, fault }) => (fault ? [] : [text])),
    refused: judged.flatMap(({ subject, fault }) =>
      fault ? [`${subject.replaceAll('\n', ', ')} ${fault.message}`] : [],
    ),
  };
}
