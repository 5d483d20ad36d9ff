import { Link } from '@tanstack/react-router';
import { usePolicies } from '../../api/queries.js';
import type { Document, Policy } from '../../api/types.js';
import { Changed } from '../../parts/changed.js';
import { DocumentList } from '../../parts/document-list.js';
import { counted } from '../../words.js';

export function Policies() {
  return (
    <DocumentList
      title="Policies"
      purpose="A policy is a named set of settings with required values. Devices are compared with it, and made to fit where it says so."
      addLabel="New policy"
      addTo="/policies/new"
      query={usePolicies()}
      empty={{ title: 'No policy yet', text: 'Without one no device is assessed. Write the first one.' }}
      columns={[
        { title: 'Policy', lead: true, cell: (policy) => <Name policy={policy} /> },
        { title: 'Settings', cell: (policy) => sizeOf(policy.body) },
        { title: 'Mode', cell: (policy) => modeWords(policy.body) },
        { title: 'Changed', cell: (policy) => <Changed of={policy} /> },
      ]}
    />
  );
}

function Name({ policy }: { readonly policy: Document<Policy> }) {
  return (
    <div className="wide">
      <Link to="/policies/$id" params={{ id: policy.id }} className="strong">
        {policy.body.name}
      </Link>
      <div className="small dim">{policy.body.description}</div>
    </div>
  );
}

const sizeOf = ({ items, ipsec }: Policy): string =>
  `${counted(items.length, 'setting')}${ipsec ? `, ${counted(ipsec.rules.length, 'IPsec rule')}` : ''}`;

function modeWords({ items }: Policy): string {
  const reported = items.filter((item) => !item.remediate).length;
  if (reported === 0) return 'Remediates';
  return reported === items.length ? 'Reports only' : `Remediates, ${reported} report only`;
}
