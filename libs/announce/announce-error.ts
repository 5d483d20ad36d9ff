// Why an announcement got no acknowledge.

const failureMax = 1_000;

/** Thrown when an announcement got no acknowledge. It may have been stored all the same: announce again with the same id. */
export class AnnounceError extends Error {
  override readonly name = 'AnnounceError';
  constructor(
    /** unreachable: no TLS connection · serverUntrusted: nothing was sent · silent: no answer in time · closed: before the answer · badAnswer: not of the protocol · aborted: by the caller */
    readonly code: 'unreachable' | 'serverUntrusted' | 'silent' | 'closed' | 'badAnswer' | 'aborted',
    message: string,
  ) {
    super(legible(message));
  }
}

/** OpenSSL's messages end in a new line, and some name what the other side shows: whoever stores a failure can. */
const legible = (message: string): string =>
  message
    .slice(0, failureMax)
    .toWellFormed()
    .replaceAll(/\p{Cc}/gu, ' ')
    .trim();
