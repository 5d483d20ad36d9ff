import { Link } from '@tanstack/react-router';
import type { DiscoveryResultRow, Page } from '../../api/types.js';
import { Nothing } from '../../parts/loaded.js';
import { Pager } from '../../parts/pager.js';
import { Pill, type Tone } from '../../parts/pill.js';
import { Table } from '../../parts/table.js';
import { counted, wordFor, words } from '../../words.js';

interface ResultsProps {
  readonly page: Page<DiscoveryResultRow>;
  readonly failed: boolean;
  /** Places of the pages that led here. */
  readonly trail: readonly string[];
  readonly setTrail: (trail: readonly string[]) => void;
}

export function Results({ page: { items, next, total }, failed, trail, setTrail }: ResultsProps) {
  if (items.length === 0) {
    return (
      <div className="card">
        <Nothing title={failed ? 'Nothing failed' : 'Nothing here yet'}>
          Addresses of ranges at which no device answers are counted above, and not listed.
        </Nothing>
      </div>
    );
  }
  return (
    <div className="card card-flush">
      <Table
        caption="What came of it"
        rows={items}
        keyOf={(row) => `${row.line} ${row.address}`}
        columns={[
          { title: 'Address', lead: true, cell: (row) => <Where row={row} /> },
          { title: 'Outcome', cell: (row) => <Outcome row={row} /> },
          { title: 'Serial number', cell: (row) => <Serial row={row} /> },
          { title: 'Why', cell: ({ reason }) => <div className="wide">{reason ?? '–'}</div> },
        ]}
      />
      <Pager
        label={counted(total, 'address', 'addresses')}
        onFirst={trail.length > 0 ? () => setTrail([]) : null}
        onPrevious={() => setTrail(trail.slice(0, -1))}
        onNext={next === null ? null : () => setTrail([...trail, next])}
      />
    </div>
  );
}

function Where({ row: { line, entry, address, name, location } }: { readonly row: DiscoveryResultRow }) {
  const said = [entry !== null && entry !== address && entry, name, location].filter(
    (each) => typeof each === 'string',
  );
  return (
    <>
      <span className="mono strong">{address}</span>
      <div className="small dim">{[`line ${line}`, ...said].join(', ')}</div>
    </>
  );
}

const tones: Readonly<Record<DiscoveryResultRow['outcome'], Tone>> = {
  found: 'good',
  known: 'good',
  held: 'warn',
  claimed: 'warn',
  refused: 'bad',
  notReached: 'bad',
};

const Outcome = ({ row: { outcome } }: { readonly row: DiscoveryResultRow }) => (
  <Pill tone={tones[outcome]}>{wordFor(words.discoveryOutcome, outcome)}</Pill>
);

function Serial({ row: { serial, deviceId } }: { readonly row: DiscoveryResultRow }) {
  if (serial === null) return <span className="dim">–</span>;
  if (deviceId === null) return <span className="mono">{serial}</span>;
  return (
    <Link to="/devices/$id" params={{ id: deviceId }} className="mono">
      {serial}
    </Link>
  );
}
