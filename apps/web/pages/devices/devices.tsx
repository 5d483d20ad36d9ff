import { getRouteApi, Link } from '@tanstack/react-router';
import { useDevices } from '../../api/queries.js';
import type { DeviceRow, Page } from '../../api/types.js';
import { Loaded, Nothing } from '../../parts/loaded.js';
import { PageHead } from '../../parts/page-head.js';
import { Pager } from '../../parts/pager.js';
import { count, counted } from '../../words.js';
import { Filters } from './filters.js';
import { isFiltered, type DeviceSearch } from './search.js';
import { DeviceTable } from './table.js';

const route = getRouteApi('/devices');
const pageLength = 50;

export function Devices() {
  const at = route.useSearch();
  const { from = 0, ...query } = at;
  const devices = useDevices({ ...query, limit: pageLength });
  return (
    <div className="stack">
      <PageHead title="Devices">Every device that was admitted, with what was found on it last.</PageHead>
      <Filters at={at} />
      <Loaded query={devices}>{(page) => <List page={page} at={at} from={from} />}</Loaded>
    </div>
  );
}

interface ListProps {
  readonly page: Page<DeviceRow>;
  readonly at: DeviceSearch;
  readonly from: number;
}

function List({ page, at, from }: ListProps) {
  const navigate = route.useNavigate();
  const filtered = isFiltered(at);
  if (page.items.length === 0) return <Empty filtered={filtered} />;
  const { after: _, from: __, ...filters } = at;
  return (
    <div className="card card-flush">
      <p className="hidden-text" role="status">
        {counted(page.total, 'device')} {filtered ? 'match' : 'in all'}
      </p>
      <DeviceTable devices={page.items} />
      <Pager
        label={`${count(from + 1)}–${count(from + page.items.length)} of ${counted(page.total, 'device')}`}
        onFirst={from > 0 ? () => void navigate({ search: filters }) : null}
        onNext={
          page.next === null
            ? null
            : () =>
                void navigate({
                  search: {
                    ...filters,
                    after: page.next ?? undefined,
                    from: from + page.items.length,
                  },
                })
        }
      />
    </div>
  );
}

function Empty({ filtered }: { readonly filtered: boolean }) {
  return (
    <div className="card">
      {filtered ? (
        <Nothing title="No device matches">Change the search or the filters above.</Nothing>
      ) : (
        <Nothing title="No device yet">
          Devices appear here by themselves when they announce themselves. The <Link to="/">overview</Link>{' '}
          says what is needed for that.
        </Nothing>
      )}
    </div>
  );
}
