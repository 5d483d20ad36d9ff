import { Link } from '@tanstack/react-router';
import { useListeners } from '../../api/queries.js';
import type { ListenerReport, ListenerRow } from '../../api/types.js';
import { Changed } from '../../parts/changed.js';
import { DocumentList } from '../../parts/document-list.js';
import { Pill, type Tone } from '../../parts/pill.js';
import { count } from '../../words.js';

export function Listeners() {
  return (
    <DocumentList
      title="Secondary listeners"
      purpose="Other servers that get a copy of each device admitted through instant-on: other Musters, or anything that speaks Muster's open protocol. Always encrypted."
      addLabel="New listener"
      addTo="/listeners/new"
      query={useListeners()}
      empty={{ title: 'No secondary listener', text: 'Nothing is forwarded.' }}
      columns={[
        { title: 'Listener', lead: true, cell: (listener) => <Name listener={listener} /> },
        { title: 'State', cell: (listener) => <State listener={listener} /> },
        { title: 'Waiting', cell: (listener) => <Number of={listener.report?.waiting} /> },
        { title: 'Delivered', cell: (listener) => <Number of={listener.report?.delivered} /> },
        { title: 'Dropped', cell: (listener) => <Number of={listener.report?.dropped} /> },
        {
          title: 'Certificate',
          cell: ({ body }) => (body.validateCertificate ? 'Validated' : 'Not validated'),
        },
        { title: 'Changed', cell: (listener) => <Changed of={listener} /> },
      ]}
    />
  );
}

function Name({ listener }: { readonly listener: ListenerRow }) {
  const { name, host, port } = listener.body;
  return (
    <>
      <Link to="/listeners/$id" params={{ id: listener.id }} className="strong">
        {name}
      </Link>
      <div className="mono dim">{host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`}</div>
    </>
  );
}

const looks: Readonly<Record<ListenerReport['state'], { readonly tone: Tone; readonly word: string }>> = {
  idle: { tone: 'good', word: 'Idle' },
  delivering: { tone: 'busy', word: 'Delivering' },
  failing: { tone: 'bad', word: 'Failing' },
  disabled: { tone: 'calm', word: 'Disabled' },
};

function State({ listener: { body, report } }: { readonly listener: ListenerRow }) {
  const state = body.enabled ? (report?.state ?? null) : 'disabled';
  if (state === null) return <Pill tone="calm">No report yet</Pill>;
  return (
    <div className="wide stack-close">
      <Pill tone={looks[state].tone}>{looks[state].word}</Pill>
      {state === 'failing' && report?.failure && <span className="small">{report.failure}</span>}
    </div>
  );
}

function Number({ of }: { readonly of: number | undefined }) {
  return of === undefined ? <span className="dim">–</span> : <span className="number">{count(of)}</span>;
}
