// What is wrong with the shape of what was sent: each fault at its field, with what is allowed there.
import * as z from 'zod';

export interface ShapeFault {
  /** The way to it, from the outside in. */
  readonly at: readonly PropertyKey[];
  readonly message: string;
}

const missing = 'is missing';

/** Messages that only the schema and the value together can tell. Null: as zod says it. */
export const tellFault: z.core.$ZodErrorMap = (issue) => {
  if (issue.input === undefined) return missing;
  if (issue.code === 'unrecognized_keys' && issue.inst instanceof z.ZodObject)
    return `is no field here; allowed: ${Object.keys(issue.inst.shape).join(', ')}`;
  if (issue.code === 'invalid_union' && issue.inst instanceof z.ZodUnion)
    return `must be one of: ${issue.inst.options.map(formOf).join(' · ')}`;
  return null;
};

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
