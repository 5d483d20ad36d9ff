import { Textarea, TextInput } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useCatalogue, usePolicy } from '../../api/queries.js';
import type { CatalogueEntry, Document, Policy } from '../../api/types.js';
import { DocumentEditor, type Form } from '../../parts/document-editor.js';
import { DocumentPage, NewDocument } from '../../parts/document-page.js';
import { Loaded } from '../../parts/loaded.js';
import { AddSetting } from './add-setting.js';
import { Ipsec } from './ipsec.js';
import { Items } from './items.js';

const route = getRouteApi('/policies/$id');
const blank: Policy = { name: '', description: '', items: [] };

const back = { to: '/policies', label: 'Policies' } as const;

export function PolicyPage() {
  const policy = usePolicy(route.useParams().id);
  return (
    <DocumentPage back={back} title="Policy" query={policy}>
      {(data, reload) => <Editor key={data.id} document={data} onReload={reload} />}
    </DocumentPage>
  );
}

export const NewPolicy = () => (
  <NewDocument back={back} title="New policy">
    <Editor document={null} onReload={() => undefined} />
  </NewDocument>
);

interface EditorProps {
  readonly document: Document<Policy> | null;
  readonly onReload: () => void;
}

function Editor({ document, onReload }: EditorProps) {
  const catalogue = useCatalogue();
  return (
    <Loaded query={catalogue}>
      {({ items }) => (
        <DocumentEditor
          list="policies"
          document={document}
          blank={blank}
          deletion="Devices keep the values they have, but are no longer compared with it. A policy that a group or the Instant-On settings use cannot be deleted."
          consequence="Devices keep their last result until they announce themselves again or are assessed."
          onReload={onReload}
        >
          {(form) => <Fields form={form} catalogue={items} />}
        </DocumentEditor>
      )}
    </Loaded>
  );
}

interface FieldsProps {
  readonly form: Form<Policy>;
  readonly catalogue: readonly CatalogueEntry[];
}

function Fields({ form, catalogue }: FieldsProps) {
  const { body, set, fault, readOnly } = form;
  return (
    <>
      <div className="card stack narrow">
        <TextInput
          label="Name"
          required
          maxLength={128}
          value={body.name}
          error={fault('name')}
          readOnly={readOnly}
          onChange={(event) => set({ name: event.currentTarget.value })}
        />
        <Textarea
          label="Description"
          maxLength={2000}
          rows={2}
          value={body.description}
          error={fault('description')}
          readOnly={readOnly}
          onChange={(event) => set({ description: event.currentTarget.value })}
        />
      </div>
      <Items form={form} catalogue={catalogue} />
      {!readOnly && <AddSetting form={form} catalogue={catalogue} />}
      <Ipsec form={form} />
    </>
  );
}
