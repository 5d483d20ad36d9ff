// Why console does not do what was asked. The HTTP status is chosen in http/problem.ts, nowhere else.

/** One thing wrong in what was sent: where, such as `body.items.3.required`, and why. */
export interface Fault {
  readonly path: string;
  readonly message: string;
  /** In an import: number of the line, from 1, and where in it. */
  readonly line?: number;
  readonly column?: number;
  /** The last of several lines. */
  readonly to?: number;
  /** What kind of fault, and how the line begins, where the import tells them. */
  readonly code?: string;
  readonly text?: string;
}

export type RefusalCode =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'notFound'
  | 'stale'
  | 'exists'
  | 'inUse'
  | 'outsideNetworks'
  | 'tooLate'
  | 'nothingToStop'
  | 'notReached'
  | 'tooMany'
  | 'busy';

/** Thrown when a request is refused; the message is for the operator. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  constructor(
    readonly code: RefusalCode,
    message: string,
    readonly faults: readonly Fault[] = [],
  ) {
    super(message);
  }
}

/** Faults in one sentence: the only one, or the fields of all. */
export function sentence(faults: readonly Fault[]): string {
  const [first] = faults;
  if (first && faults.length === 1) return `${first.path ? `${first.path}: ` : ''}${first.message}.`;
  const named = faults.slice(0, 20).map(({ path }) => path);
  return `${faults.length} things are wrong: ${named.join(', ')}${faults.length > named.length ? ' …' : ''}.`;
}
