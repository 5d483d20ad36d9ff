import { NativeSelect } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { useAuthority, useIssued } from '../../api/queries.js';
import type { IssuedRow, Page, WishAsked, WishKind } from '../../api/types.js';
import { Loaded, Nothing } from '../../parts/loaded.js';
import { PageHead } from '../../parts/page-head.js';
import { Pager } from '../../parts/pager.js';
import { SearchBox } from '../../parts/search-box.js';
import { useIsAdmin } from '../../shell/session.js';
import { counted } from '../../words.js';
import { Asked } from '../wishes/asked.js';
import { ByHand } from '../wishes/by-hand.js';
import { Enrol } from '../wishes/enrol.js';
import { Secret } from '../wishes/secret.js';
import { Sign } from '../wishes/sign.js';
import { AuthorityCard } from './authority-card.js';
import { issuedStates, type IssuedSearch } from './search.js';
import { IssuedTable } from './table.js';

const route = getRouteApi('/certificates');
const wishes = ['enrol', 'sign', 'list'] as const;
const states: Readonly<Record<string, string>> = {
  valid: 'In force',
  ending: 'Less than 31 days left',
  expired: 'Expired',
  revoked: 'Revoked',
};

export function Certificates() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const authority = useAuthority();
  const issued = useIssued({ ...search, limit: 50 });
  const [asked, setAsked] = useState<WishAsked | null>(null);
  const isAdmin = useIsAdmin();
  const does = (kind: WishKind) => isAdmin && authority.data?.does?.includes(kind) === true;
  const go = (change: IssuedSearch) => void navigate({ search: change, replace: change.after === undefined });
  return (
    <div className="stack">
      <PageHead
        title="Certificates"
        actions={
          <>
            {does('enrol') && <Enrol onAsked={setAsked} />}
            {does('sign') && <Sign />}
          </>
        }
      >
        What Muster's own authority issued, and what it revoked.
      </PageHead>
      {asked && <Secret asked={asked} onClose={() => setAsked(null)} />}
      <Loaded query={authority}>{(data) => <AuthorityCard authority={data} />}</Loaded>
      <Asked kinds={wishes} />
      <div className="row row-bottom filters">
        <SearchBox
          text={search.search ?? ''}
          placeholder="Subject, name, serial number"
          onSearch={(text) => go({ ...stateOf(search), ...(text && { search: text }) })}
        />
        <NativeSelect
          label="State"
          value={search.state ?? ''}
          data={[
            { value: '', label: 'All' },
            ...issuedStates.map((value) => ({ value, label: states[value] ?? value })),
          ]}
          onChange={(event) => {
            const state = issuedStates.find((known) => known === event.currentTarget.value);
            go({ ...(search.search && { search: search.search }), ...(state && { state }) });
          }}
        />
      </div>
      <Loaded query={issued}>
        {(page) => (
          <List
            page={page}
            filtered={search.search !== undefined || search.state !== undefined}
            onFirst={search.after === undefined ? null : () => go(firstPage(search))}
            onNext={page.next === null ? null : () => go({ ...search, after: page.next ?? '' })}
          />
        )}
      </Loaded>
      {isAdmin && authority.data && <ByHand does={authority.data.does} chain={authority.data.chain} />}
    </div>
  );
}

const firstPage = ({ after: _, ...search }: IssuedSearch): IssuedSearch => search;
const stateOf = ({ state }: IssuedSearch): IssuedSearch => (state ? { state } : {});

interface ListProps {
  readonly page: Page<IssuedRow>;
  readonly filtered: boolean;
  readonly onFirst: (() => void) | null;
  readonly onNext: (() => void) | null;
}

function List({ page: { items, total }, filtered, onFirst, onNext }: ListProps) {
  if (items.length === 0) {
    return (
      <div className="card">
        <Nothing title={filtered ? 'No certificate matches' : 'No certificate yet'}>
          {filtered
            ? 'Change the filters above.'
            : 'They are shown here once muster trust speaks to console, see MUSTER_CONSOLE_URL.'}
        </Nothing>
      </div>
    );
  }
  return (
    <div className="card card-flush">
      <IssuedTable certificates={items} />
      <Pager label={counted(total, 'certificate')} onFirst={onFirst} onNext={onNext} />
    </div>
  );
}
