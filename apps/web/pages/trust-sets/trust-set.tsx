import { Alert, TextInput } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { getRouteApi } from '@tanstack/react-router';
import { useAuthority, useSettings, useTrustSet } from '../../api/queries.js';
import type { Document, TrustSet, TrustSetRow, TrustSetSaved } from '../../api/types.js';
import { DocumentEditor, type Form } from '../../parts/document-editor.js';
import { DocumentPage, NewDocument } from '../../parts/document-page.js';
import { Table } from '../../parts/table.js';
import { Until } from '../../parts/when.js';
import { useIsAdmin } from '../../shell/session.js';
import { AuthorityFields } from './authority-fields.js';
import { ownRevocation } from './own-authority.js';
import { RevocationFields } from './revocation-fields.js';
import { Use } from './trust-sets.js';
import { leftOut } from './words.js';

const route = getRouteApi('/trust-sets/$id');
const blank: TrustSet = {
  name: '',
  kind: 'chain',
  authorities: '',
  revocation: { policy: 'off', crlUrls: [], ocspUrl: null },
};

const back = { to: '/trust-sets', label: 'Trust sets' } as const;

export function TrustSetPage() {
  const trustSet = useTrustSet(route.useParams().id);
  const settings = useSettings().data?.body;
  return (
    <DocumentPage
      back={back}
      title="Trust set"
      query={trustSet}
      actions={({ id }) => <Use id={id} settings={settings} />}
    >
      {(data, reload) => (
        <>
          <Editor key={data.id} document={data} onReload={reload} />
          <Held certificates={data.certificates} />
        </>
      )}
    </DocumentPage>
  );
}

export const NewTrustSet = () => (
  <NewDocument back={back} title="New trust set">
    <Editor document={null} onReload={() => undefined} />
  </NewDocument>
);

interface EditorProps {
  readonly document: Document<TrustSet> | null;
  readonly onReload: () => void;
}

function Editor({ document, onReload }: EditorProps) {
  return (
    <DocumentEditor
      list="trust-sets"
      document={document}
      blank={blank}
      mayWrite={useIsAdmin()}
      deletion="It can only go while the settings do not use it."
      consequence="Where it is in use, every gateway goes by it within seconds."
      remark={({ dropped }: TrustSetSaved) => leftOut(dropped)}
      onReload={onReload}
    >
      {(form) => (document === null ? <NewFields form={form} /> : <Fields form={form} />)}
    </DocumentEditor>
  );
}

/** With Muster's own authority comes what it says of revocation, unless something was said of that already. */
function NewFields({ form }: { readonly form: Form<TrustSet> }) {
  const authority = useAuthority().data;
  const untouched = JSON.stringify(form.body.revocation) === JSON.stringify(blank.revocation);
  const set = (change: Partial<TrustSet>) => {
    const own = untouched ? ownRevocation(change.authorities ?? '', authority) : null;
    form.set({ ...change, ...(own && { revocation: own.revocation }) });
  };
  const { policy, crlUrls } = form.body.revocation;
  const own = ownRevocation(form.body.authorities, authority);
  return (
    <>
      <Fields form={{ ...form, set }} chain={authority?.chain ?? null} />
      {own?.rootElsewhere && policy === 'hard' && crlUrls.length < 2 && (
        <Alert role="status" color="yellow" icon={<IconAlertTriangle aria-hidden />}>
          The root of this authority is not Muster's own: name the list that this root publishes too, or
          nobody gets in.
        </Alert>
      )}
    </>
  );
}

interface FieldsProps {
  readonly form: Form<TrustSet>;
  /** PEM of Muster's own authority, to be taken as it is; null: there is none, or the set is not new. */
  readonly chain?: string | null;
}

function Fields({ form, chain = null }: FieldsProps) {
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
        <AuthorityFields form={form} chain={chain} />
      </div>
      <RevocationFields form={form} />
    </>
  );
}

function Held({ certificates }: Pick<TrustSetRow, 'certificates'>) {
  return (
    <section className="card card-flush" aria-labelledby="held">
      <div className="card-head">
        <h2 id="held">Certificates in it</h2>
      </div>
      <Table
        caption="Certificates in it"
        rows={certificates.map((certificate, place) => ({ ...certificate, place }))}
        keyOf={({ place }) => place}
        columns={[
          { title: 'Subject', lead: true, cell: ({ subject }) => subject },
          { title: 'Ends', cell: ({ until }) => <Until at={until} /> },
        ]}
      />
    </section>
  );
}
