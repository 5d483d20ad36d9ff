import { Checkbox } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { DeadDelivery, DeadPage } from '../../api/types.js';
import { Table, type Column } from '../../parts/table.js';
import { When } from '../../parts/when.js';
import { useMayWrite } from '../../shell/session.js';
import { counted } from '../../words.js';
import { Decisions } from './decisions.js';
import { filterOf, isFiltered, type DeadSearch } from './search.js';

interface DeadTableProps {
  readonly page: DeadPage;
  readonly at: DeadSearch;
}

const keyOf = ({ consumer, eventId }: DeadDelivery): string => `${consumer} ${eventId}`;

/** Whoever may write can choose some of the page, or decide about all that match. */
export function DeadTable({ page, at }: DeadTableProps) {
  const mayWrite = useMayWrite();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const choose = (rows: readonly DeadDelivery[], on: boolean) =>
    setChosen((before) => {
      const after = new Set(before);
      for (const row of rows) {
        if (on) after.add(keyOf(row));
        else after.delete(keyOf(row));
      }
      return after;
    });
  // Rows that left the page are chosen no more, whatever happened to them.
  const rows = page.items.filter((row) => chosen.has(keyOf(row)));
  const choice: Column<DeadDelivery> = {
    title: 'Choose',
    quiet: true,
    cell: (row) => (
      <Checkbox
        aria-label={`Choose ${row.eventType} ${row.eventId}`}
        checked={chosen.has(keyOf(row))}
        onChange={(event) => choose([row], event.currentTarget.checked)}
      />
    ),
  };
  return (
    <>
      {mayWrite && <Bar page={page} at={at} rows={rows} choose={choose} />}
      <Table
        caption="Dead deliveries"
        rows={page.items}
        keyOf={keyOf}
        columns={[...(mayWrite ? [choice] : []), ...columns(mayWrite)]}
      />
    </>
  );
}

interface BarProps extends DeadTableProps {
  readonly rows: readonly DeadDelivery[];
  readonly choose: (rows: readonly DeadDelivery[], on: boolean) => void;
}

function Bar({ page, at, rows, choose }: BarProps) {
  const { items, total, upTo } = page;
  const all = rows.length === items.length;
  const filtered = isFiltered(at);
  const many = counted(total, 'delivery', 'deliveries');
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
          which={{ deliveries: rows.map(({ consumer, eventId }) => ({ consumer, eventId })) }}
          what={counted(rows.length, 'delivery', 'deliveries')}
          replayLabel="Replay chosen"
          dropLabel="Drop chosen"
          onDone={() => choose(items, false)}
        />
      ) : (
        <Decisions
          key="all"
          which={filtered ? { filter: filterOf(at, Date.now()), upTo } : { all: true, upTo }}
          what={filtered ? `${many} that match` : `all ${many}`}
          replayLabel={filtered ? 'Replay all that match' : 'Replay all'}
          dropLabel={filtered ? 'Drop all that match' : 'Drop all'}
          ask
        />
      )}
    </div>
  );
}

const columns = (mayWrite: boolean): readonly Column<DeadDelivery>[] => [
  { title: 'Event', lead: true, cell: (row) => <Name row={row} /> },
  { title: 'Consumer', cell: (row) => <span className="mono">{row.consumer}</span> },
  {
    title: 'Reason',
    cell: (row) => (
      <details className="wide">
        <summary className="clamp">{row.reason}</summary>
      </details>
    ),
  },
  { title: 'Attempts', cell: (row) => <span className="number">{row.attempts}</span> },
  { title: 'Given up', cell: (row) => <When at={row.diedAt} /> },
  {
    title: 'Actions',
    actions: true,
    cell: (row) =>
      mayWrite && (
        <Decisions
          which={{ deliveries: [{ consumer: row.consumer, eventId: row.eventId }] }}
          what="this event"
          replayLabel="Replay"
          dropLabel="Drop"
          name={`${row.eventType} ${row.eventId}`}
        />
      ),
  },
];

function Name({ row }: { readonly row: DeadDelivery }) {
  return (
    <>
      <Link
        to="/deliveries/$consumer/$eventId"
        params={{ consumer: row.consumer, eventId: row.eventId }}
        className="strong mono"
      >
        {row.eventType}
      </Link>
      <div className="mono small dim">{row.subject || row.eventId}</div>
    </>
  );
}
