// What an entry of the audit log says besides who and what: the fields that changed, or anything else as JSON.
import { auditDetail, type DetailLine } from './audit-lines.js';

export function Detail({ detail }: { readonly detail: unknown }) {
  const { lines, more, text } = auditDetail(detail);
  if (lines.length === 0) return text === '' ? <>–</> : <div className="wide small mono">{text}</div>;
  return (
    <ul className="plain-list wide small">
      {lines.map((line, index) => (
        <Line key={index} line={line} />
      ))}
      {more > 0 && <li className="dim">and {more} more</li>}
    </ul>
  );
}

function Line({ line: { path, from, to } }: { readonly line: DetailLine }) {
  return (
    <li>
      <span className="mono">{path}</span>: <span className="dim">{from}</span>
      <span aria-hidden> → </span>
      <span className="hidden-text"> changed to </span>
      {to}
    </li>
  );
}
