// PEM that an operator gave: which authorities are trusted.
import { X509Certificate } from 'node:crypto';
import { subjectOf } from './certificate.js';
import { faultOfAuthority, type ProfileFault } from './rfc5280.js';

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

/**
 * What is wrong with what an operator gives, in sentences; empty when all can be trusted.
 * @param faultOf of one certificate, in words that follow its number
 */
export function faultsOfAuthorities(
  pem: string,
  faultOf: (certificate: X509Certificate) => ProfileFault | null = faultOfAuthority,
): readonly string[] {
  try {
    return authoritiesIn(pem).flatMap((text, index) => {
      const fault = faultOf(new X509Certificate(text));
      return fault ? [`certificate ${index + 1} ${fault.message}`] : [];
    });
  } catch (error) {
    if (error instanceof UnreadableAuthorities) return [error.message];
    throw error;
  }
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
    return { text, subject: subjectOf(certificate), fault: faultOfAuthority(certificate) };
  });
  return {
    sound: judged.flatMap(({ text, fault }) => (fault ? [] : [text])),
    refused: judged.flatMap(({ subject, fault }) => (fault ? [`${subject} ${fault.message}`] : [])),
  };
}
