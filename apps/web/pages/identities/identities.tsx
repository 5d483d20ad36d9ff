import { useAuthority, useGateways, useIdentities } from '../../api/queries.js';
import { pathOf, useWrite } from '../../api/writes.js';
import type { GatewayRow, IdentityRow } from '../../api/types.js';
import { Confirm } from '../../parts/confirm.js';
import { Loaded, Nothing } from '../../parts/loaded.js';
import { PageHead } from '../../parts/page-head.js';
import { Pill } from '../../parts/pill.js';
import { Table } from '../../parts/table.js';
import { Until } from '../../parts/when.js';
import { useIsAdmin } from '../../shell/session.js';
import { Asked } from '../wishes/asked.js';
import { ByHand } from '../wishes/by-hand.js';
import { Issue } from '../wishes/issue.js';
import { Choose } from './choose.js';
import { Gateways } from './gateways.js';
import { Install } from './install.js';

const wishes = ['issue'] as const;

export function Identities() {
  const isAdmin = useIsAdmin();
  const identities = useIdentities();
  const gateways = useGateways();
  const authority = useAuthority();
  const issues = isAdmin && authority.data?.does?.includes('issue') === true;
  return (
    <div className="stack">
      <PageHead
        title="Identities"
        actions={
          <>
            {issues && <Issue />}
            {isAdmin && <Install />}
          </>
        }
      >
        What gateways can show to devices: a certificate, and its private key, which only gateways can open.
      </PageHead>
      <Loaded query={identities}>
        {({ items }) => <List identities={items} gateways={gateways.data?.items ?? []} isAdmin={isAdmin} />}
      </Loaded>
      <Asked kinds={wishes} />
      <Loaded query={gateways}>{({ items }) => <Gateways gateways={items} />}</Loaded>
      {isAdmin && authority.data && <ByHand does={authority.data.does} chain={authority.data.chain} />}
    </div>
  );
}

interface ListProps {
  readonly identities: readonly IdentityRow[];
  readonly gateways: readonly GatewayRow[];
  readonly isAdmin: boolean;
}

function List({ identities, gateways, isAdmin }: ListProps) {
  if (identities.length === 0) {
    return (
      <div className="card">
        <Nothing title="No identity in the store">
          Each gateway shows its own. <code className="mono">muster trust</code> brings those of your
          authority here, or <code className="mono">muster ca export --seal-to</code> makes a file to install.
        </Nothing>
      </div>
    );
  }
  return (
    <div className="card card-flush">
      <Table
        caption="Identities"
        rows={identities}
        keyOf={({ name }) => name}
        columns={[
          { title: 'Friendly name', lead: true, cell: (identity) => <Name identity={identity} /> },
          { title: 'Use', cell: (identity) => <Use identity={identity} gateways={gateways} /> },
          { title: 'Ends', cell: ({ until }) => <Until at={until} /> },
          {
            title: 'Opened by',
            cell: ({ sealedTo }) => <OpenedBy sealedTo={sealedTo} gateways={gateways} />,
          },
          {
            title: 'Actions',
            actions: true,
            cell: (identity) =>
              isAdmin && (
                <div className="row">
                  <Choose name={identity.name} chosen={identity.chosen} />
                  {!identity.chosen && <Remove name={identity.name} />}
                </div>
              ),
          },
        ]}
      />
    </div>
  );
}

function Name({ identity: { name, subject } }: { readonly identity: IdentityRow }) {
  return (
    <>
      <span className="strong">{name}</span>
      <div className="small dim">{subject}</div>
    </>
  );
}

interface UseProps {
  readonly identity: IdentityRow;
  readonly gateways: readonly GatewayRow[];
}

/** Chosen is a wish; which gateways follow it, they say themselves. */
function Use({ identity: { name, chosen }, gateways }: UseProps) {
  if (!chosen) return <span className="dim">not in use</span>;
  const showing = gateways.filter(({ identity }) => identity.name === name).length;
  if (gateways.length === 0) return <Pill tone="calm">Chosen</Pill>;
  if (showing === gateways.length) return <Pill tone="good">Presented</Pill>;
  return <Pill tone="warn">{`Chosen, presented by ${showing} of ${gateways.length}`}</Pill>;
}

interface OpenedByProps {
  readonly sealedTo: readonly string[];
  readonly gateways: readonly GatewayRow[];
}

/** Of the gateways there are. */
function OpenedBy({ sealedTo, gateways }: OpenedByProps) {
  const able = gateways.filter(({ sealingFingerprint: of }) => of !== null && sealedTo.includes(of)).length;
  const text = `${able} of ${gateways.length} gateways`;
  return able > 0 && able === gateways.length ? text : <Pill tone="warn">{text}</Pill>;
}

function Remove({ name }: { readonly name: string }) {
  const remove = useWrite(['identities']);
  return (
    <Confirm
      label="Remove"
      name={`Remove ${name}`}
      size="xs"
      question={`Remove ${name}?`}
      act="Remove"
      pending={remove.isPending}
      problem={remove.error}
      onConfirm={(close) =>
        remove.mutate({ method: 'DELETE', path: pathOf('identities', name), done: close })
      }
    >
      From console only: an authority that speaks to console brings its identities here again.
    </Confirm>
  );
}
