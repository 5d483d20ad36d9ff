import { Link } from '@tanstack/react-router';
import { asksForCertificates } from '../../../../libs/events/asks-for-certificates.js';
import { useSettings, useTrustSets } from '../../api/queries.js';
import type { Settings, TrustSetRow } from '../../api/types.js';
import { Changed } from '../../parts/changed.js';
import { DocumentList } from '../../parts/document-list.js';
import { Pill } from '../../parts/pill.js';
import { Until } from '../../parts/when.js';
import { useIsAdmin } from '../../shell/session.js';
import { counted } from '../../words.js';
import { policies } from './words.js';

export function TrustSets() {
  const settings = useSettings().data?.body;
  return (
    <DocumentList
      title="Trust sets"
      purpose="Whom to trust when devices prove who they are: authorities by name, and how it is known who has lost that trust. The settings say which one is in use."
      addLabel="New trust set"
      addTo="/trust-sets/new"
      mayWrite={useIsAdmin()}
      query={useTrustSets()}
      empty={{
        title: 'No trust set',
        text: 'Make one from the certificates of your authority, then choose it in the settings.',
      }}
      columns={[
        { title: 'Trust set', lead: true, cell: (set) => <Name set={set} /> },
        { title: 'Use', cell: ({ id }) => <Use id={id} settings={settings} /> },
        { title: 'Authorities', cell: ({ certificates }) => counted(certificates.length, 'certificate') },
        { title: 'First to end', cell: ({ certificates }) => <First certificates={certificates} /> },
        { title: 'Revocation', cell: ({ body }) => policies[body.revocation.policy] },
        { title: 'Changed', cell: (set) => <Changed of={set} /> },
      ]}
    />
  );
}

function Name({ set }: { readonly set: TrustSetRow }) {
  return (
    <>
      <Link to="/trust-sets/$id" params={{ id: set.id }} className="strong">
        {set.body.name}
      </Link>
      <div className="mono dim">{set.id}</div>
    </>
  );
}

/** Chosen, and somebody is held against it. */
export function Use({ id, settings }: { readonly id: string; readonly settings: Settings | undefined }) {
  if (settings?.trustSet !== id) return <span className="dim">not in use</span>;
  const asked = asksForCertificates(settings);
  return asked ? <Pill tone="good">In use</Pill> : <Pill tone="calm">Chosen, nobody is verified</Pill>;
}

function First({ certificates }: Pick<TrustSetRow, 'certificates'>) {
  const [first] = certificates.map(({ until }) => until).toSorted();
  return first === undefined ? null : <Until at={first} />;
}
