// A table that on a phone becomes a list of cards, each value with its label (look/table.css).
import type { Key, ReactNode } from 'react';

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  /** The heading of the card on a phone: no label. */
  readonly lead?: boolean;
  /** Left out on a phone: the row leads to where it stands. */
  readonly minor?: boolean;
  /** Title only for screen readers, and as the label on a phone. */
  readonly quiet?: boolean;
  /** Buttons: at the right, title only for screen readers. */
  readonly actions?: boolean;
}

interface TableProps<Row> {
  readonly caption: string;
  readonly className?: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly keyOf: (row: Row) => Key;
}

export function Table<Row>({ caption, className = '', rows, columns, keyOf }: TableProps<Row>) {
  return (
    <div className={`table-box ${className}`} tabIndex={0} role="region" aria-label={caption}>
      {/* Roles are said again: a browser drops them from a table that the phone's style lays out as blocks. */}
      <table className="table" role="table">
        <caption className="hidden-text">{caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column) => (
              <th key={column.title} scope="col" role="columnheader">
                {column.actions || column.quiet ? (
                  <span className="hidden-text">{column.title}</span>
                ) : (
                  column.title
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr key={keyOf(row)} role="row">
              {columns.map((column) => (
                <td key={column.title} role="cell" data-label={column.title} className={classOf(column)}>
                  <div>{column.cell(row)}</div>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function classOf({ lead, actions, minor }: Pick<Column<never>, 'lead' | 'actions' | 'minor'>) {
  if (actions) return 'actions';
  if (minor) return 'minor';
  return lead ? 'lead' : undefined;
}
