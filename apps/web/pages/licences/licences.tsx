import { useLicences, useOverview } from '../../api/queries.js';
import { pathOf, useWrite } from '../../api/writes.js';
import type { LicenceRow } from '../../api/types.js';
import { Confirm } from '../../parts/confirm.js';
import { Loaded, Nothing } from '../../parts/loaded.js';
import { PageHead } from '../../parts/page-head.js';
import { Pill } from '../../parts/pill.js';
import { Table } from '../../parts/table.js';
import { When } from '../../parts/when.js';
import { useIsAdmin } from '../../shell/session.js';
import { useTell } from '../../shell/told.js';
import { count } from '../../words.js';
import { SeatsBar } from '../overview/cards.js';
import { Install } from './install.js';

export function Licences() {
  const isAdmin = useIsAdmin();
  const overview = useOverview();
  const licences = useLicences();
  return (
    <div className="stack">
      <PageHead title="Licences" actions={isAdmin && <Install />}>
        Each device takes one seat. A community pool comes with Muster; signed licence files add to it.
      </PageHead>
      <section className="card" aria-labelledby="seats">
        <h2 id="seats">Seats</h2>
        <Loaded query={overview}>{({ seats }) => <SeatsBar seats={seats} />}</Loaded>
      </section>
      <Loaded query={licences}>{({ items }) => <List licences={items} isAdmin={isAdmin} />}</Loaded>
    </div>
  );
}

function List({
  licences,
  isAdmin,
}: {
  readonly licences: readonly LicenceRow[];
  readonly isAdmin: boolean;
}) {
  if (licences.length === 0) {
    return (
      <div className="card">
        <Nothing title="No licence file is installed">
          The seats above are those of the community pool.
        </Nothing>
      </div>
    );
  }
  return (
    <div className="card card-flush">
      <Table
        caption="Licence files"
        rows={licences}
        keyOf={(licence) => licence.id}
        columns={[
          { title: 'Licence', lead: true, cell: (licence) => <Name licence={licence} /> },
          { title: 'Seats', cell: (licence) => <span className="number">{count(licence.body.seats)}</span> },
          { title: 'Expires', cell: (licence) => <Expiry licence={licence} /> },
          { title: 'Installed', cell: (licence) => <When at={licence.changedAt} /> },
          { title: 'By', cell: (licence) => licence.changedBy },
          { title: 'Actions', actions: true, cell: (licence) => isAdmin && <Remove licence={licence} /> },
        ]}
      />
    </div>
  );
}

function Name({ licence }: { readonly licence: LicenceRow }) {
  return (
    <>
      <span className="strong">{licence.body.customer}</span>
      <div className="mono dim">{licence.id}</div>
    </>
  );
}

function Expiry({ licence: { body } }: { readonly licence: LicenceRow }) {
  if (body.expiresAt === null) return <>Never</>;
  const overdue = Date.parse(body.expiresAt) <= Date.now();
  return (
    <div className="stack-close">
      <When at={body.expiresAt} />
      {overdue && <Pill tone="warn">{`Expired; ${body.graceDays} days of grace`}</Pill>}
    </div>
  );
}

function Remove({ licence }: { readonly licence: LicenceRow }) {
  const remove = useWrite(['licences', 'overview']);
  const tell = useTell();
  const done = (close: () => void) => () => {
    tell(`Licence ${licence.id} removed.`);
    close();
  };
  return (
    <Confirm
      label="Remove"
      name={`Remove licence ${licence.id}`}
      size="xs"
      question={`Remove licence ${licence.id}?`}
      act="Remove"
      pending={remove.isPending}
      problem={remove.error}
      onConfirm={(close) =>
        remove.mutate({ method: 'DELETE', path: pathOf('licences', licence.id), done: done(close) })
      }
    >
      Its {count(licence.body.seats)} seats go. Devices without a seat are kept, but no longer assessed.
    </Confirm>
  );
}
