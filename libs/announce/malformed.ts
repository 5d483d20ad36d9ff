// A line that is not a message, and what is wrong with it.

export type MalformedCode =
  | 'tooLong'
  | 'notUtf8'
  | 'notJson'
  | 'tooDeep'
  | 'badKey'
  | 'unknownVersion'
  | 'unknownType'
  | 'badField'
  | 'silence'
  | 'tooSlow';

/** Thrown when what came is no message of the protocol. Its message never repeats what came. */
export class Malformed extends Error {
  override readonly name = 'Malformed';
  constructor(
    readonly code: MalformedCode,
    message: string,
  ) {
    super(message);
  }
}
