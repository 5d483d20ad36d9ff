import { useGateways } from '../../api/queries.js';
import type { IssuedRow } from '../../api/types.js';
import { Pill } from '../../parts/pill.js';
import { Table } from '../../parts/table.js';
import { Until, When } from '../../parts/when.js';
import { useIsAdmin } from '../../shell/session.js';
import { wordFor, words } from '../../words.js';
import { Revoke } from './revoke.js';

export function IssuedTable({ certificates }: { readonly certificates: readonly IssuedRow[] }) {
  const isAdmin = useIsAdmin();
  const gateways = useGateways().data?.items ?? [];
  const presentedBy = ({ fingerprint }: IssuedRow) =>
    gateways.filter(({ identity }) => identity.fingerprint === fingerprint).length;
  return (
    <Table
      caption="Certificates"
      rows={certificates}
      keyOf={({ serial }) => serial}
      columns={[
        { title: 'Certificate', lead: true, cell: (row) => <Whose row={row} /> },
        { title: 'Profile', cell: ({ profile }) => wordFor(words.profile, profile) },
        { title: 'State', cell: (row) => <State row={row} /> },
        { title: 'Ends', cell: ({ until }) => <Until at={until} /> },
        {
          title: 'Actions',
          actions: true,
          cell: (row) => isAdmin && mayRevoke(row) && <Revoke row={row} presentedBy={presentedBy(row)} />,
        },
      ]}
    />
  );
}

/** The issuing authority's own is revoked on the command line, with the root's key at hand. */
const mayRevoke = ({ revokedAt, askedBy, profile }: IssuedRow): boolean =>
  revokedAt === null && askedBy === null && profile !== 'authority';

function Whose({ row: { name, subject, names, serial } }: { readonly row: IssuedRow }) {
  return (
    <div className="wide stack-close">
      {name !== null && <span className="strong">{name}</span>}
      <span>{subject}</span>
      {names !== '' && <span className="small dim">{names}</span>}
      <span className="mono small dim">{serial}</span>
    </div>
  );
}

const soonMs = 31 * 86_400_000;

function State({ row: { revokedAt, reason, askedBy, refused, until } }: { readonly row: IssuedRow }) {
  if (revokedAt !== null) {
    return (
      <div className="wide stack-close">
        <Pill tone="bad">Revoked</Pill>
        <span className="small dim">
          <When at={revokedAt} />
          {reason !== null && reason !== 'unspecified' && `: ${wordFor(words.revocationReason, reason)}`}
        </span>
      </div>
    );
  }
  if (askedBy !== null) return <Pill tone="busy">{`Being revoked, as ${askedBy} asked`}</Pill>;
  const leftMs = Date.parse(until) - Date.now();
  return (
    <div className="wide stack-close">
      {leftMs <= 0 && <Pill tone="calm">Expired</Pill>}
      {leftMs > 0 &&
        (leftMs < soonMs ? <Pill tone="warn">Ends soon</Pill> : <Pill tone="good">In force</Pill>)}
      {refused !== null && <span className="small">Not revoked: {refused}</span>}
    </div>
  );
}
