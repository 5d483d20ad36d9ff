// Groups of devices.
//
//   groups.tsx         the list                  group.tsx         one of them
//   group-fields.tsx   what it is made of        members.tsx       devices of a manual one
//   filter-section.tsx the filter of an automatic one; filter-builder.tsx: its conditions, filter-form.ts: as a form has them
//   preview.tsx        what the filter finds     dry-runs.tsx      what its policies would change
import { Link } from '@tanstack/react-router';
import { useGroups, usePolicies } from '../../api/queries.js';
import type { Document, Group } from '../../api/types.js';
import { Changed } from '../../parts/changed.js';
import { DocumentList } from '../../parts/document-list.js';
import { counted, words } from '../../words.js';
import { filterWords } from './filter-form.js';

export function Groups() {
  const policies = usePolicies().data?.items ?? [];
  const policyName = (id: string | null) =>
    id === null ? null : (policies.find((policy) => policy.id === id)?.body.name ?? id);
  const query = useGroups();
  return (
    <DocumentList
      title="Groups"
      purpose="A group is filled by its filter, by hand, or with all devices, and can carry one policy for its members."
      addLabel="New group"
      addTo="/groups/new"
      query={query}
      empty={{ title: 'No group yet', text: 'Groups give some devices a policy of their own.' }}
      columns={[
        { title: 'Group', lead: true, cell: (group) => <Name group={group} /> },
        { title: 'Members', cell: (group) => <div className="wide">{membersWords(group.body)}</div> },
        {
          title: 'Policy',
          cell: (group) => policyName(group.body.policyId) ?? <span className="dim">none</span>,
        },
        { title: 'Priority', cell: (group) => <span className="number">{group.body.priority}</span> },
        { title: 'Changed', cell: (group) => <Changed of={group} /> },
        {
          title: 'Devices',
          cell: (group) => (
            <Link to="/devices" search={{ group: group.id }}>
              Show<span className="hidden-text"> devices of {group.body.name}</span>
            </Link>
          ),
        },
      ]}
    />
  );
}

function Name({ group }: { readonly group: Document<Group> }) {
  return (
    <>
      <Link to="/groups/$id" params={{ id: group.id }} className="strong">
        {group.body.name}
      </Link>
      <div className="small dim">{words.groupKind[group.body.kind]}</div>
    </>
  );
}

function membersWords({ kind, filter, members }: Group): string {
  if (kind === 'all') return 'Every device';
  if (kind === 'manual') return counted(members.length, 'device');
  return filter ? filterWords(filter) : 'No filter: nobody';
}
