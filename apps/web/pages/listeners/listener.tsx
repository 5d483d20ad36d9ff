import { NumberInput, Textarea, TextInput } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useListener } from '../../api/queries.js';
import type { Document, Listener } from '../../api/types.js';
import { DocumentEditor, type Form } from '../../parts/document-editor.js';
import { DocumentPage, NewDocument } from '../../parts/document-page.js';
import { OnOff } from '../../parts/choice.js';

const route = getRouteApi('/listeners/$id');
const blank: Listener = {
  name: '',
  host: '',
  port: 3329,
  enabled: true,
  validateCertificate: false,
  trustedAuthorities: '',
};

const back = { to: '/listeners', label: 'Secondary listeners' } as const;

export function ListenerPage() {
  const listener = useListener(route.useParams().id);
  return (
    <DocumentPage back={back} title="Secondary listener" query={listener}>
      {(data, reload) => <Editor key={data.id} document={data} onReload={reload} />}
    </DocumentPage>
  );
}

export const NewListener = () => (
  <NewDocument back={back} title="New secondary listener">
    <Editor document={null} onReload={() => undefined} />
  </NewDocument>
);

interface EditorProps {
  readonly document: Document<Listener> | null;
  readonly onReload: () => void;
}

function Editor({ document, onReload }: EditorProps) {
  return (
    <DocumentEditor
      list="listeners"
      document={document}
      blank={blank}
      deletion="Nothing more is sent to it; what waits for it is dropped."
      onReload={onReload}
    >
      {(form) => <Fields form={form} />}
    </DocumentEditor>
  );
}

function Fields({ form: { body, set, fault, readOnly } }: { readonly form: Form<Listener> }) {
  return (
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
      <TextInput
        label="Host"
        description="Hostname or IP address."
        required
        maxLength={253}
        value={body.host}
        error={fault('host')}
        readOnly={readOnly}
        onChange={(event) => set({ host: event.currentTarget.value.trim() })}
      />
      <NumberInput
        label="Port"
        min={1}
        max={65535}
        allowDecimal={false}
        value={body.port}
        error={fault('port')}
        readOnly={readOnly}
        onChange={(typed) => set({ port: typeof typed === 'number' ? typed : 0 })}
      />
      <OnOff label="Enabled" on={body.enabled} readOnly={readOnly} onChange={(enabled) => set({ enabled })} />
      <OnOff
        label="Validate identity certificate"
        text="Nothing is sent unless its certificate leads to an authority below and names its host."
        on={body.validateCertificate}
        readOnly={readOnly}
        onChange={(validateCertificate) => set({ validateCertificate })}
      />
      {body.validateCertificate && (
        <Textarea
          label="Trusted authorities"
          description="PEM certificates. Empty: the public authorities."
          rows={5}
          spellCheck={false}
          value={body.trustedAuthorities}
          error={fault('trustedAuthorities')}
          readOnly={readOnly}
          onChange={(event) => set({ trustedAuthorities: event.currentTarget.value })}
        />
      )}
    </div>
  );
}
