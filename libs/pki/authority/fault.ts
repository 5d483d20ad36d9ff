export type AuthorityFaultCode =
  | 'badAlternativeName'
  | 'badSubject'
  | 'badKey'
  | 'wrongPassphrase'
  | 'weakKey'
  | 'badRequest'
  | 'noProofOfPossession'
  | 'badCertificate'
  | 'keyMismatch'
  | 'badPkcs12';

/** Thrown when something cannot be made or read; the message says what is wrong with what, for a person. */
export class AuthorityFault extends Error {
  override readonly name = 'AuthorityFault';
  constructor(
    readonly code: AuthorityFaultCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
