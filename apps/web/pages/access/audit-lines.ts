// The detail of an audit entry as lines that fit a table. Pure.

export interface DetailLine {
  readonly path: string;
  readonly from: string;
  readonly to: string;
}

const linesMax = 10;
const valueLettersMax = 80;
const textLettersMax = 300;

/** `lines` when it tells what was changed, `more` of them left out; else `text`. */
export function auditDetail(detail: unknown) {
  const changed = isRecord(detail) && Array.isArray(detail['changed']) ? detail['changed'] : [];
  const lines = changed.filter(isRecord).map(lineOf);
  if (lines.length > 0)
    return { lines: lines.slice(0, linesMax), more: Math.max(0, lines.length - linesMax), text: '' };
  const empty =
    detail === null || detail === undefined || (isRecord(detail) && Object.keys(detail).length === 0);
  return { lines: [], more: 0, text: empty ? '' : clipped(JSON.stringify(detail), textLettersMax) };
}

/** Names of the deliveries that an entry was about. */
export const deliveriesIn = (detail: unknown): readonly string[] =>
  isRecord(detail) && Array.isArray(detail['decided'])
    ? detail['decided'].filter((each) => typeof each === 'string')
    : [];

const lineOf = ({ path, from, to }: Readonly<Record<string, unknown>>): DetailLine => ({
  path: clipped(Array.isArray(path) ? path.join('.') : typeof path === 'string' ? path : '', valueLettersMax),
  from: valueOf(from),
  to: valueOf(to),
});

function valueOf(value: unknown): string {
  if (value === null || value === undefined) return 'none';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (value === '') return '(empty)';
  return clipped(typeof value === 'string' ? value : JSON.stringify(value), valueLettersMax);
}

const clipped = (text: string, max: number): string => (text.length > max ? `${text.slice(0, max)}…` : text);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
