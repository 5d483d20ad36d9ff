import { getRouteApi } from '@tanstack/react-router';
import { useDeliveries } from '../../api/queries.js';
import type { DeadPage } from '../../api/types.js';
import { Loaded, Nothing } from '../../parts/loaded.js';
import { PageHead } from '../../parts/page-head.js';
import { Pager } from '../../parts/pager.js';
import { count, counted } from '../../words.js';
import { Filters } from './filters.js';
import { filterOf, isFiltered, type DeadSearch } from './search.js';
import { DeadTable } from './table.js';

const route = getRouteApi('/deliveries');
const pageLength = 50;

export function Deliveries() {
  const at = route.useSearch();
  const filter = filterOf(at, Date.now());
  const deliveries = useDeliveries({ ...filter, after: at.after, limit: pageLength });
  return (
    <div className="stack">
      <PageHead title="Deliveries">
        Events that a service gave up. Read the reason, mend what it names, then replay; or drop what is not
        needed.
      </PageHead>
      <Filters at={at} />
      <Loaded query={deliveries}>{(page) => <List page={page} at={at} />}</Loaded>
    </div>
  );
}

function List({ page, at }: { readonly page: DeadPage; readonly at: DeadSearch }) {
  const navigate = route.useNavigate();
  if (page.items.length === 0) return <Empty filtered={isFiltered(at)} />;
  const { from = 0, after: _, ...conditions } = at;
  const shown = page.items.length;
  const next = page.next;
  return (
    <div className="card card-flush">
      <p className="hidden-text" role="status">
        {counted(page.total, 'delivery', 'deliveries')} {isFiltered(at) ? 'match' : 'in all'}
      </p>
      <DeadTable page={page} at={at} />
      <Pager
        label={`${count(from + 1)}–${count(from + shown)} of ${counted(page.total, 'delivery', 'deliveries')}`}
        onFirst={from > 0 ? () => void navigate({ search: conditions }) : null}
        onNext={
          next === null
            ? null
            : () => void navigate({ search: { ...conditions, after: next, from: from + shown } })
        }
      />
    </div>
  );
}

function Empty({ filtered }: { readonly filtered: boolean }) {
  return (
    <div className="card">
      {filtered ? (
        <Nothing title="No dead delivery matches">Change the filters above.</Nothing>
      ) : (
        <Nothing title="No dead delivery">Every event was handled, or is being tried again.</Nothing>
      )}
    </div>
  );
}
