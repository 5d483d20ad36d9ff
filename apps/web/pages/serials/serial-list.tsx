import { pathOf, useWrite } from '../../api/writes.js';
import type { Page, SerialRow } from '../../api/types.js';
import { Confirm } from '../../parts/confirm.js';
import { Nothing } from '../../parts/loaded.js';
import { Pager } from '../../parts/pager.js';
import { Table, type Column } from '../../parts/table.js';
import { When } from '../../parts/when.js';
import { useMayWrite } from '../../shell/session.js';
import { counted } from '../../words.js';

/** Those that wait for their devices, or all that the filter lets in. */
export type Show = 'waiting' | 'all';

interface SerialListProps {
  readonly show: Show;
  readonly page: Page<SerialRow>;
  readonly searched: boolean;
  /** Places of the pages that led here. */
  readonly trail: readonly string[];
  readonly setTrail: (trail: readonly string[]) => void;
}

export function SerialList({ page, show, searched, trail, setTrail }: SerialListProps) {
  const mayWrite = useMayWrite();
  const { items, next, total } = page;
  if (items.length === 0) {
    return (
      <div className="card">
        <Nothing title={searched ? 'No serial number matches' : emptyWords[show]}>
          {searched
            ? 'Change the search above.'
            : 'Add them one by one, or import a text file with one a line.'}
        </Nothing>
      </div>
    );
  }
  return (
    <div className="card card-flush">
      <Table
        caption={show === 'all' ? 'Serial numbers in the filter' : 'Serial numbers not discovered yet'}
        rows={items}
        keyOf={(row) => row.serial}
        columns={[
          { title: 'Serial number', lead: true, cell: (row) => <span className="mono">{row.serial}</span> },
          { title: 'Added by', cell: (row) => row.addedBy },
          { title: 'Added', cell: (row) => <When at={row.addedAt} /> },
          ...(show === 'all' ? [discovered] : []),
          { title: 'Actions', actions: true, cell: (row) => mayWrite && <Remove serial={row.serial} /> },
        ]}
      />
      <Pager
        label={`${counted(total, 'serial number')} ${foundWords(show, searched, total === 1)}`}
        onFirst={trail.length > 0 ? () => setTrail([]) : null}
        onPrevious={() => setTrail(trail.slice(0, -1))}
        onNext={next === null ? null : () => setTrail([...trail, next])}
      />
    </div>
  );
}

function foundWords(show: Show, searched: boolean, one: boolean): string {
  if (searched) return one ? 'matches' : 'match';
  if (show === 'all') return 'in the filter';
  return one ? 'waits' : 'wait';
}

const emptyWords: Readonly<Record<Show, string>> = {
  waiting: 'No serial number waits for its device',
  all: 'No serial number is in the filter',
};

const discovered: Column<SerialRow> = {
  title: 'Discovered',
  cell: ({ discoveredAt = null }) =>
    discoveredAt === null ? <span className="dim">not yet</span> : <When at={discoveredAt} />,
};

function Remove({ serial }: { readonly serial: string }) {
  const remove = useWrite(['serials']);
  return (
    <Confirm
      label="Remove"
      name={`Remove ${serial}`}
      size="xs"
      question={`Remove ${serial}?`}
      act="Remove"
      pending={remove.isPending}
      problem={remove.error}
      onConfirm={(close) => remove.mutate({ method: 'DELETE', path: pathOf('serials', serial), done: close })}
    >
      While the filter is on, this device can no longer take part.
    </Confirm>
  );
}
