// What one version of a document has that the one before had not, for the audit log. Pure and bounded.

export interface Changed {
  /** Such as `items.svc.telnet.required`; of a list, each member that came or went is told under the list's path. */
  readonly path: string;
  /** Null: it was not there. */
  readonly from: Value;
  /** Null: it is not there any more. */
  readonly to: Value;
}
type Value = string | number | boolean | null;

const changesMax = 50;
const textMax = 200;
const secret = /password|secret|token|private|community/i;

/** The first changes, and how many there are besides. */
export function changedBetween(
  before: unknown,
  after: unknown,
): { changed: readonly Changed[]; more: number } {
  const all = changes(before, after, '');
  return { changed: all.slice(0, changesMax), more: Math.max(0, all.length - changesMax) };
}

function changes(before: unknown, after: unknown, path: string): readonly Changed[] {
  if (before === after) return [];
  if (isList(before) && isList(after)) return ofLists(before, after, path);
  const [old, young] = [fieldsOf(before), fieldsOf(after)];
  if (!old || !young)
    return JSON.stringify(before) === JSON.stringify(after)
      ? []
      : [{ path, from: shown(path, before), to: shown(path, after) }];
  return [...new Set([...Object.keys(old), ...Object.keys(young)])].flatMap((key) =>
    changes(old[key] ?? null, young[key] ?? null, path === '' ? key : `${path}.${key}`),
  );
}

/** Members of a list of objects are matched by their name if they have one, else by place; other lists are sets. */
function ofLists(before: List, after: List, path: string): readonly Changed[] {
  if ([...before, ...after].some((member) => fieldsOf(member) !== null))
    return changes(byName(before), byName(after), path);
  const [old, young] = [new Set(before), new Set(after)];
  return [
    ...[...old]
      .filter((each) => !young.has(each))
      .map((each) => ({ path, from: shown(path, each), to: null })),
    ...[...young]
      .filter((each) => !old.has(each))
      .map((each) => ({ path, from: null, to: shown(path, each) })),
  ];
}

type List = readonly unknown[];
type Fields = Readonly<Record<string, unknown>>;

const isList = (value: unknown): value is List => Array.isArray(value);

const fieldsOf = (value: unknown): Fields | null =>
  typeof value === 'object' && value !== null && !isList(value) ? (value as Fields) : null;

const byName = (list: List): Fields =>
  Object.fromEntries(list.map((member, index) => [nameOf(member) ?? index, member]));

function nameOf(member: unknown): string | null {
  const setting = fieldsOf(member)?.['setting'];
  return typeof setting === 'string' ? setting : null;
}

function shown(path: string, value: unknown): Value {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
  if (secret.test(path)) return '(not shown)';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > textMax ? `${text.slice(0, textMax)}… (${text.length} characters)` : text;
}
