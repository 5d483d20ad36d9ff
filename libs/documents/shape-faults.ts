// What is wrong with the shape of what was sent: each fault at its field, with what is allowed there.
import * as z from 'zod';

export interface ShapeFault {
  /** The way to it, from the outside in. */
  readonly at: readonly PropertyKey[];
  readonly message: string;
}

const missing = 'is missing';

/** In words for whoever sent it: messages of schemas themselves come first. Null: as zod says it. */
export const tellFault: z.core.$ZodErrorMap = (issue) => {
  if (issue.input === undefined) return missing;
  if (issue.code === 'unrecognized_keys' && issue.inst instanceof z.ZodObject)
    return `is no field here; allowed: ${Object.keys(issue.inst.shape).join(', ')}`;
  if (issue.code === 'invalid_union' && issue.inst instanceof z.ZodUnion)
    return `must be one of: ${issue.inst.options.map(formOf).join(' · ')}`;
  return wordsOf(issue);
};

const typeWords: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

/** What is allowed instead of what was sent; null: only zod knows. */
export function wordsOf(issue: z.core.$ZodRawIssue | z.core.$ZodIssue): string | null {
  switch (issue.code) {
    case 'invalid_value':
      return `must be ${issue.values.map((each) => JSON.stringify(each)).join(' or ')}`;
    case 'invalid_type':
      return `must be ${typeWords[issue.expected] ?? `of type ${issue.expected}`}`;
    case 'too_big':
      return `must ${sizeOf(issue.origin, `at most ${issue.maximum}`)}`;
    case 'too_small':
      if (issue.minimum === 1 && issue.origin === 'string') return 'must not be empty';
      return `must ${sizeOf(issue.origin, `at least ${issue.minimum}`)}`;
    case 'invalid_format':
      return issue.format === 'uuid' ? 'must be an id as lists show it (a UUID)' : null;
    default:
      return null;
  }
}

function sizeOf(origin: string, size: string): string {
  if (origin === 'string') return `have ${size} characters`;
  return origin === 'array' || origin === 'set' ? `have ${size} entries` : `be ${size}`;
}

/** A field that is missing or not known is named by the way to it; of a choice of forms, the nearest one is gone into. */
export function shapeFaults(
  issues: readonly z.core.$ZodIssue[],
  within: readonly PropertyKey[] = [],
): readonly ShapeFault[] {
  return issues.flatMap((issue): readonly ShapeFault[] => {
    const at = [...within, ...issue.path];
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({ at: [...at, key], message: issue.message }));
    const branch = issue.code === 'invalid_union' ? nearest(issue.errors) : null;
    return branch ? shapeFaults(branch, at) : [{ at, message: issue.message }];
  });
}

export const pathOf = (at: readonly PropertyKey[]): string => at.map(String).join('.');

function formOf(option: z.core.$ZodType): string {
  return option instanceof z.ZodObject ? `{${Object.keys(option.shape).join(', ')}}` : option._zod.def.type;
}

type Branch = readonly z.core.$ZodIssue[];

/** The form that was most likely meant; null when several are as likely. */
function nearest(branches: readonly Branch[]): Branch | null {
  const [first, second] = branches
    .map((branch) => ({ branch, cost: costOf(branch) }))
    .toSorted((a, b) => a.cost - b.cost);
  return first && first.cost !== second?.cost ? first.branch : null;
}

/** Keys that do not fit tell more than what is wrong inside those that do. */
function costOf(branch: Branch): number {
  const misfits = branch.reduce((sum, issue) => sum + misfitsOf(issue), 0);
  return misfits * 10 + Math.min(branch.length, 9);
}

function misfitsOf(issue: z.core.$ZodIssue): number {
  if (issue.code === 'unrecognized_keys') return issue.path.length === 0 ? issue.keys.length : 0;
  return issue.path.length === 1 && issue.message === missing ? 1 : 0;
}
