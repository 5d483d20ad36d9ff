// C2SP's x509-limbo as it lies beside the project: which of its cases ask what of a server that judges clients.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

export interface LimboCase {
  readonly id: string;
  readonly validation_kind: 'SERVER' | 'CLIENT';
  readonly features: readonly string[];
  readonly trusted_certs: readonly string[];
  readonly untrusted_intermediates: readonly string[];
  readonly peer_certificate: string;
  readonly peer_certificate_key: string | null;
  readonly validation_time: string | null;
  readonly expected_result: 'SUCCESS' | 'FAILURE';
  readonly crls: readonly string[];
}

export interface LimboResult {
  readonly id: string;
  /** Null: taken. */
  readonly reason: string | null;
  /** Processor time of both ends. */
  readonly tookMs: number;
}

export const readSuite = (text: string): readonly LimboCase[] =>
  (JSON.parse(text) as { readonly testcases: readonly LimboCase[] }).testcases;

/** With a key, so that a handshake can be made; those of one time. */
export const casesAt = (text: string, time: string | null): readonly LimboCase[] =>
  readSuite(text).filter((each) => each.peer_certificate_key !== null && each.validation_time === time);

/** A file of the data that others wrote, beside the project or where MUSTER_SUITES_DIR says; null: it is not there. */
export function suiteFile(name: string): string | null {
  const file = resolve(process.env['MUSTER_SUITES_DIR'] ?? '../shared/suites', name);
  return existsSync(file) ? file : null;
}

export const classes = ['must', 'dos', 'names', 'profile', 'optional', 'exchanged'] as const;

/** What a case asks, and of whom: the page has it in words. */
export function classOf({ id, features, validation_kind: kind }: LimboCase): (typeof classes)[number] {
  if (kind === 'CLIENT') return 'exchanged';
  if (features.includes('denial-of-service')) return 'dos';
  if (features.some((feature) => /^pedantic|^rfc5280-incompatible|^max-chain-depth/.test(feature)))
    return 'optional';
  // The suite has both verdicts on it; the other one is webpki::eku::ee-without-eku.
  if (id === 'rfc5280::eku::ee-without-eku') return 'optional';
  if (/^webpki::cn::|::san::/.test(id)) return 'names';
  return id.startsWith('webpki::') ? 'profile' : 'must';
}
