// What an entry of the audit log says besides who and what: the fields that changed, or anything else as JSON.
import { useState } from 'react';
import { useDecided } from '../../api/queries.js';
import { Loaded } from '../../parts/loaded.js';
import { counted } from '../../words.js';
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

interface DecidedProps {
  /** Of the entry. */
  readonly id: number;
  readonly decided: number;
}

/** Which deliveries an entry is about, up to a thousand: asked for when it is opened. */
export function Decided({ id, decided }: DecidedProps) {
  const [open, setOpen] = useState(false);
  const entry = useDecided(id, open);
  return (
    <details className="wide small" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{counted(decided, 'delivery', 'deliveries')}</summary>
      {open && (
        <Loaded query={entry}>
          {({ detail }) => (
            <ul className="plain-list mono">
              {detail.decided.map((each) => (
                <li key={each}>{each}</li>
              ))}
            </ul>
          )}
        </Loaded>
      )}
    </details>
  );
}
