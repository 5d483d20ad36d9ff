// Who was turned away at the edge, and why.
import type { RefusalRow } from '../api/types.js';
import { count } from '../words.js';
import { Table, type Column } from './table.js';
import { When } from './when.js';

interface RefusalsProps {
  readonly rows: readonly RefusalRow[];
  /** Left out where all rows are about one. */
  readonly withSerial: boolean;
}

export function Refusals({ rows, withSerial }: RefusalsProps) {
  const serial: Column<RefusalRow> = {
    title: 'Says it is',
    cell: (row) =>
      row.serial === null ? <span className="dim">nothing</span> : <span className="mono">{row.serial}</span>,
  };
  return (
    <Table
      caption="Turned away"
      rows={rows}
      keyOf={(row) => `${row.reason} ${row.peer}`}
      columns={[
        { title: 'From', lead: true, cell: (row) => <span className="mono">{row.peer}</span> },
        { title: 'Why', cell: (row) => <Why row={row} /> },
        ...(withSerial ? [serial] : []),
        { title: 'Times', cell: (row) => <span className="number">{count(row.count)}</span> },
        { title: 'Last', cell: (row) => <When at={row.lastAt} /> },
      ]}
    />
  );
}

function Why({ row: { message, reason } }: { readonly row: RefusalRow }) {
  return (
    <div className="wide">
      <span className="sentence">{message}</span>
      <div className="small dim mono">{reason}</div>
    </div>
  );
}
