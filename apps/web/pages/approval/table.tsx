import { Checkbox } from '@mantine/core';
import { useState } from 'react';
import type { HeldDevice, HeldPage } from '../../api/types.js';
import { Table, type Column } from '../../parts/table.js';
import { When } from '../../parts/when.js';
import { useMayWrite } from '../../shell/session.js';
import { counted } from '../../words.js';
import { seenOf, type Which } from './decide.js';
import { Decisions } from './decisions.js';
import { Others } from './others.js';
import type { HeldSearch } from './search.js';

interface HeldTableProps {
  readonly page: HeldPage;
  readonly at: HeldSearch;
}

/** Whoever may write can choose some of the page, or decide about all that match. */
export function HeldTable({ page, at }: HeldTableProps) {
  const mayWrite = useMayWrite();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const choose = (rows: readonly HeldDevice[], on: boolean) =>
    setChosen((before) => {
      const after = new Set(before);
      for (const { serial } of rows) {
        if (on) after.add(serial);
        else after.delete(serial);
      }
      return after;
    });
  // Rows that left the page are chosen no more, whatever happened to them.
  const rows = page.items.filter((row) => chosen.has(row.serial) && mayChoose(row));
  const choice: Column<HeldDevice> = {
    title: 'Choose',
    quiet: true,
    cell: (row) => (
      <Checkbox
        aria-label={`Choose ${row.serial}`}
        checked={chosen.has(row.serial) && mayChoose(row)}
        disabled={!mayChoose(row)}
        onChange={(event) => choose([row], event.currentTarget.checked)}
      />
    ),
  };
  const refused = at.state === 'refused';
  return (
    <>
      {/* What is contested is decided one by one. */}
      {mayWrite && !at.contested && <Bar page={page} at={at} rows={rows} choose={choose} />}
      <Table
        caption={refused ? 'Refused devices' : 'Devices that wait for approval'}
        rows={page.items}
        keyOf={(row) => row.serial}
        columns={[...(mayWrite && !at.contested ? [choice] : []), ...columns(mayWrite, refused)]}
      />
    </>
  );
}

/** Of several parties one is chosen by its own button, when they were compared. */
const mayChoose = ({ claim, others, refused }: HeldDevice): boolean =>
  claim !== null && others.length + refused.length === 0;

interface BarProps extends HeldTableProps {
  readonly rows: readonly HeldDevice[];
  readonly choose: (rows: readonly HeldDevice[], on: boolean) => void;
}

function Bar({ page, at, rows, choose }: BarProps) {
  const { total } = page;
  const items = page.items.filter(mayChoose);
  const all = items.length > 0 && rows.length === items.length;
  const refused = at.state === 'refused';
  return (
    <div className="table-head row row-apart">
      <Checkbox
        label={rows.length > 0 ? `${rows.length} chosen` : `Choose the ${items.length} shown`}
        checked={all}
        indeterminate={rows.length > 0 && !all}
        onChange={() => choose(items, !all)}
      />
      {rows.length > 0 ? (
        <Decisions
          key="chosen"
          which={{ seen: seenOf(rows) }}
          what={counted(rows.length, 'device')}
          suffix=" chosen"
          refused={refused}
          onDone={() => choose(items, false)}
        />
      ) : (
        <Decisions
          key="all"
          which={allOf(page, at)}
          what={at.search ? `${counted(total, 'device')} that match` : `all ${counted(total, 'device')}`}
          suffix={at.search ? ' all that match' : ' all'}
          refused={refused}
        />
      )}
    </div>
  );
}

function allOf({ upTo }: HeldPage, { search, state = 'held' }: HeldSearch): Which {
  return search === undefined ? { all: true, state, upTo } : { search, state, upTo };
}

const columns = (mayWrite: boolean, refused: boolean): readonly Column<HeldDevice>[] => [
  {
    title: 'Device',
    lead: true,
    cell: (row) => (
      <>
        <Name row={row} />
        <Others row={row} mayWrite={mayWrite} />
      </>
    ),
  },
  { title: 'Network', cell: (row) => <Network row={row} /> },
  { title: 'MAC address', cell: (row) => <span className="mono">{row.mac}</span> },
  {
    title: 'Authentication',
    cell: (row) => <Authentication row={row} />,
  },
  refused
    ? { title: 'Refused', cell: (row) => <RefusedBy row={row} /> }
    : { title: 'Waits since', cell: (row) => <When at={row.since} /> },
  { title: 'Last announced', cell: (row) => <When at={row.heardAt} /> },
  {
    title: 'Actions',
    actions: true,
    cell: (row) => mayWrite && <Decide row={row} refused={refused} />,
  },
];

function Decide({ row, refused }: { readonly row: HeldDevice; readonly refused: boolean }) {
  const seen = seenOf([row]);
  if (seen.length === 0) return <span className="small dim">once it announces itself anew</span>;
  return <Decisions which={{ seen }} what={row.serial} refused={refused} />;
}

function Authentication({ row: { verified, fingerprint } }: { readonly row: HeldDevice }) {
  return (
    <>
      {verified ? 'Certificate verified' : <span className="dim">Anonymous</span>}
      <div className="small mono dim" title={fingerprint ?? undefined}>
        {fingerprint ? `${fingerprint.slice(0, 12)}…` : 'no certificate'}
      </div>
    </>
  );
}

function Name({ row }: { readonly row: HeldDevice }) {
  return (
    <>
      <span className="strong">{row.model}</span>
      <div className="mono dim">{row.serial}</div>
    </>
  );
}

/** Where the connection came from is said when it is not what the device says. */
function Network({ row }: { readonly row: HeldDevice }) {
  const elsewhere = row.peerAddress !== row.ip;
  return (
    <>
      <span className="cut" title={row.hostname ?? undefined}>
        {row.hostname ?? <span className="dim">no hostname</span>}
      </span>
      <span className="cut mono dim">{row.ip}</span>
      {elsewhere && (
        <span className="small">
          {row.forwarded ? 'passed on by' : 'but came from'} <span className="mono">{row.peerAddress}</span>
        </span>
      )}
    </>
  );
}

function RefusedBy({ row }: { readonly row: HeldDevice }) {
  return (
    <>
      <When at={row.since} />
      {row.decidedBy !== null && <div className="small dim">by {row.decidedBy}</div>}
    </>
  );
}
