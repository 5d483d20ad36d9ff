// What an entry of the audit log says besides who and what: the fields that changed, or anything else as JSON.
import { Link } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { useAuditEntry } from '../../api/queries.js';
import type { AuditEntryWhole } from '../../api/types.js';
import { Loaded } from '../../parts/loaded.js';
import { counted } from '../../words.js';
import { auditDetail, deliveriesIn, type DetailLine } from './audit-lines.js';

/** No task comes of it. */
const stopping = 'assessment.cancelRequested';

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

interface EachProps {
  /** Of the entry. */
  readonly id: number;
  /** How many it was about, in words. */
  readonly label: string;
  readonly list: (entry: AuditEntryWhole) => ReactNode;
}

/** What an entry is about, up to a thousand: asked for when it is opened. */
function Each({ id, label, list }: EachProps) {
  const [open, setOpen] = useState(false);
  const entry = useAuditEntry(id, open);
  return (
    <details className="wide small" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{label}</summary>
      {open && <Loaded query={entry}>{(whole) => <ul className="plain-list">{list(whole)}</ul>}</Loaded>}
    </details>
  );
}

export function Decided({ id, decided }: { readonly id: number; readonly decided: number }) {
  return (
    <Each
      id={id}
      label={counted(decided, 'delivery', 'deliveries')}
      list={({ detail }) =>
        deliveriesIn(detail).map((each) => (
          <li key={each} className="mono">
            {each}
          </li>
        ))
      }
    />
  );
}

/** Devices that something was asked of, each with the task that came of it; or of which something was stopped. */
export function Asked({ id, devices }: { readonly id: number; readonly devices: number }) {
  return (
    <Each
      id={id}
      label={counted(devices, 'device')}
      list={({ action, asked }) =>
        asked.map(({ deviceId, serial, listed, taskId }, nth) => (
          <li key={nth}>
            {listed ? (
              <Link to="/devices/$id" params={{ id: deviceId }} className="mono">
                {serial ?? deviceId}
              </Link>
            ) : (
              <>
                <span className="mono">{serial ?? deviceId}</span>, deleted
              </>
            )}
            {action !== stopping && (
              <>
                {' '}
                <Task id={taskId} />
              </>
            )}
          </li>
        ))
      }
    />
  );
}

export const Task = ({ id }: { readonly id: string | null }) => (
  <span className="dim">{id === null ? 'no task so far' : <>led to task {id}</>}</span>
);
