export type TrustFaultCode =
  | 'usage'
  | 'noAuthority'
  | 'authorityExists'
  | 'authorityUnfinished'
  | 'passphrase'
  | 'file'
  | 'unknownCertificate'
  | 'alreadyRevoked'
  | 'identityExists'
  | 'unknownIdentity'
  | 'identityUnfinished'
  | 'weakIdentity'
  | 'wrongAuthority'
  | 'unknownGateway';

/** Thrown when what was asked for cannot be done; the message says what to do instead. */
export class TrustFault extends Error {
  override readonly name = 'TrustFault';
  constructor(
    readonly code: TrustFaultCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
