import { getRouteApi } from '@tanstack/react-router';
import { useGroup } from '../../api/queries.js';
import type { Document, Group } from '../../api/types.js';
import { DocumentEditor } from '../../parts/document-editor.js';
import { Loaded } from '../../parts/loaded.js';
import { PageHead } from '../../parts/page-head.js';
import { PathBack } from '../../parts/path-back.js';
import { DryRuns } from './dry-runs.js';
import { GroupFields } from './group-fields.js';

const route = getRouteApi('/groups/$id');
const blank: Group = {
  name: '',
  kind: 'automatic',
  priority: 1000,
  filter: null,
  members: [],
  policyId: null,
};

export function GroupPage() {
  const group = useGroup(route.useParams().id);
  return (
    <div className="stack">
      <PathBack to="/groups" label="Groups" />
      {!group.data && <PageHead title="Group" />}
      <Loaded query={group}>
        {(data) => (
          <>
            <PageHead title={data.body.name} />
            <Editor key={data.id} document={data} onReload={() => void group.refetch()} />
            <DryRuns id={data.id} />
          </>
        )}
      </Loaded>
    </div>
  );
}

export function NewGroup() {
  return (
    <div className="stack">
      <PathBack to="/groups" label="Groups" />
      <PageHead title="New group" />
      <Editor document={null} onReload={() => undefined} />
    </div>
  );
}

interface EditorProps {
  readonly document: Document<Group> | null;
  readonly onReload: () => void;
}

function Editor({ document, onReload }: EditorProps) {
  return (
    <DocumentEditor
      list="groups"
      document={document}
      blank={blank}
      deletion="Its members stay, and keep the settings they have; the group's policy no longer applies to them. Credentials of the group are forgotten."
      onReload={onReload}
    >
      {(form) => <GroupFields form={form} />}
    </DocumentEditor>
  );
}
