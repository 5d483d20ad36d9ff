import { getRouteApi } from '@tanstack/react-router';
import { useGroup } from '../../api/queries.js';
import type { Document, Group } from '../../api/types.js';
import { DocumentEditor } from '../../parts/document-editor.js';
import { DocumentPage, NewDocument } from '../../parts/document-page.js';
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

const back = { to: '/groups', label: 'Groups' } as const;

export function GroupPage() {
  const group = useGroup(route.useParams().id);
  return (
    <DocumentPage back={back} title="Group" query={group}>
      {(data, reload) => (
        <>
          <Editor key={data.id} document={data} onReload={reload} />
          <DryRuns id={data.id} />
        </>
      )}
    </DocumentPage>
  );
}

export const NewGroup = () => (
  <NewDocument back={back} title="New group">
    <Editor document={null} onReload={() => undefined} />
  </NewDocument>
);

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
