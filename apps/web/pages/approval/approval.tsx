import { NativeSelect } from '@mantine/core';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useHeld, useSettings } from '../../api/queries.js';
import type { HeldPage } from '../../api/types.js';
import { Loaded, Nothing } from '../../parts/loaded.js';
import { PageHead } from '../../parts/page-head.js';
import { Pager } from '../../parts/pager.js';
import { SearchBox } from '../../parts/search-box.js';
import { count, counted } from '../../words.js';
import { isFiltered, type HeldSearch } from './search.js';
import { HeldTable } from './table.js';

const route = getRouteApi('/approval');
const pageLength = 50;

export function Approval() {
  const at = route.useSearch();
  const { search, state, contested, after } = at;
  const held = useHeld({ search, state, contested, after, limit: pageLength });
  return (
    <div className="stack">
      <PageHead title="Approval">
        <HeldWords />
      </PageHead>
      <Filters at={at} />
      <Loaded query={held}>{(page) => <List page={page} at={at} />}</Loaded>
    </div>
  );
}

function HeldWords() {
  const on = useSettings().data?.body.approval;
  return (
    <>
      Unknown devices that announced themselves and wait until somebody admits them. Until then they hold no
      licence and nothing connects to them.{' '}
      {on !== undefined && (
        <>
          Approval is <strong>{on ? 'on' : 'off: every device that may take part is let in'}</strong>, see{' '}
          <Link to="/settings" hash="approval">
            Instant-On settings
          </Link>
          .
        </>
      )}
    </>
  );
}

const states = [
  { value: 'held', label: 'Waiting' },
  { value: 'refused', label: 'Refused' },
];
const serialNumbers = [
  { value: '', label: 'Any' },
  { value: 'true', label: 'Contested' },
];

function Filters({ at }: { readonly at: HeldSearch }) {
  const navigate = route.useNavigate();
  const filter = (change: HeldSearch) =>
    void navigate({
      replace: true,
      search: ({ after: _, from: __, ...filters }) => ({ ...filters, ...change }),
    });
  return (
    <form
      role="search"
      aria-label="Held devices"
      className="row row-bottom"
      onSubmit={(event) => event.preventDefault()}
    >
      <SearchBox
        text={at.search ?? ''}
        placeholder="Serial number, model, hostname, IP, MAC, firmware"
        onSearch={(search) => filter({ search: search || undefined })}
      />
      <NativeSelect
        label="Shown"
        value={at.state ?? 'held'}
        data={states}
        onChange={(event) =>
          filter({ state: event.currentTarget.value === 'refused' ? 'refused' : undefined })
        }
      />
      <NativeSelect
        label="Serial number"
        value={at.contested ?? ''}
        data={serialNumbers}
        onChange={(event) => filter({ contested: event.currentTarget.value === 'true' ? 'true' : undefined })}
      />
    </form>
  );
}

function List({ page, at }: { readonly page: HeldPage; readonly at: HeldSearch }) {
  const navigate = route.useNavigate();
  const { from = 0, after: _, ...conditions } = at;
  const { items, total, next } = page;
  if (items.length === 0) return <Empty at={at} />;
  const to = from + items.length;
  return (
    <div className="card card-flush">
      <p className="hidden-text" role="status">
        {counted(total, 'device')} {isFiltered(at) ? 'match' : 'in all'}
      </p>
      <HeldTable page={page} at={at} />
      <Pager
        label={`${count(from + 1)}–${count(to)} of ${counted(total, 'device')}`}
        onFirst={from > 0 ? () => void navigate({ search: conditions }) : null}
        onNext={
          next === null ? null : () => void navigate({ search: { ...conditions, after: next, from: to } })
        }
      />
    </div>
  );
}

function Empty({ at }: { readonly at: HeldSearch }) {
  const [title, why] = emptyWords(at);
  return (
    <div className="card">
      <Nothing title={title}>{why}</Nothing>
    </div>
  );
}

function emptyWords({ search, state, contested }: HeldSearch): readonly [title: string, why: string] {
  if (search !== undefined) return ['No device matches', 'Change the search above.'];
  if (contested) return ['No serial number is contested', 'No two parties announced the same one.'];
  return state === 'refused'
    ? ['No device is refused', 'Who is refused stays here, and can be admitted later.']
    : [
        'No device waits for approval',
        'While approval is on, unknown devices appear here by themselves when they announce themselves.',
      ];
}
