// The instant-on settings, saved whole.
//
//   settings.tsx   the page                                form.ts            what each part of it gets
//   accepting.tsx  announcements                           authorities.tsx    whom mutual mode trusts
//   probing.tsx    asking unknown clients who they are     approval.tsx       unknown devices held
//   remediation.tsx  what is done to a device              group-switches.tsx  and when besides
//   networks.tsx   where Muster may connect to
import { Alert, Button } from '@mantine/core';
import { IconPlugConnected } from '@tabler/icons-react';
import { useState, type FormEvent } from 'react';
import { useSettings } from '../../api/queries.js';
import { useWrite } from '../../api/writes.js';
import type { Document, Settings, SettingsSaved } from '../../api/types.js';
import { Changed } from '../../parts/changed.js';
import { Unsaved, useDraft } from '../../parts/draft.js';
import { Loaded } from '../../parts/loaded.js';
import { PageHead } from '../../parts/page-head.js';
import { faultsAt, ProblemNote } from '../../parts/problem-note.js';
import { useIsAdmin } from '../../shell/session.js';
import { useTell } from '../../shell/told.js';
import { Accepting } from './accepting.js';
import { Approval } from './approval.js';
import type { SettingsForm } from './form.js';
import { GroupSwitches } from './group-switches.js';
import { Networks } from './networks.js';
import { Remediation } from './remediation.js';

export function SettingsPage() {
  const settings = useSettings();
  const [reminder, setReminder] = useState<string | null>(null);
  return (
    <div className="stack">
      <PageHead title="Instant-On settings">What happens when a device announces itself.</PageHead>
      {reminder !== null && (
        <Alert
          role="alert"
          color="yellow"
          icon={<IconPlugConnected aria-hidden />}
          title="Accept Device Announcements is on"
          withCloseButton
          closeButtonLabel="Dismiss"
          onClose={() => setReminder(null)}
        >
          {reminder}
        </Alert>
      )}
      <Loaded query={settings}>
        {(data) => (
          <Editor
            document={data}
            onReload={() => void settings.refetch()}
            onSaved={({ reminder: said }) => setReminder(said)}
          />
        )}
      </Loaded>
    </div>
  );
}

interface EditorProps {
  readonly document: Document<Settings>;
  readonly onReload: () => void;
  readonly onSaved: (saved: SettingsSaved) => void;
}

function Editor({ document: newest, onReload, onSaved }: EditorProps) {
  const draft = useDraft(newest, newest.body);
  const { body, changed } = draft;
  const document = draft.of ?? newest;
  const isAdmin = useIsAdmin();
  const save = useWrite<SettingsSaved>(['settings', 'overview']);
  const tell = useTell();
  const form: SettingsForm = {
    body,
    saved: document.body,
    readOnly: !isAdmin,
    set: draft.set,
    fault: (path) => faultsAt(save.error, path),
  };
  const restart = (from: Document<Settings>) => {
    save.reset();
    draft.restart(from);
  };
  const reload = () => {
    restart(newest);
    onReload();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const done = (saved: SettingsSaved) => {
      tell('Settings saved.');
      draft.restart(saved);
      onSaved(saved);
    };
    save.mutate({ method: 'PUT', path: 'settings', body: { version: document.version, body }, done });
  };
  return (
    <form className="stack narrow" onSubmit={submit} noValidate>
      <Unsaved changed={changed} />
      {!isAdmin && <p className="dim">Only an administrator can change these.</p>}
      <Accepting form={form} />
      <Approval form={form} />
      <Remediation form={form} />
      <GroupSwitches form={form} />
      <Networks form={form} />
      {save.error && <ProblemNote problem={save.error} onReload={reload} />}
      <div className="row row-apart save-bar">
        <Changed of={document} />
        {isAdmin && (
          <div className="row">
            <Button variant="default" disabled={!changed} onClick={() => restart(document)}>
              Undo
            </Button>
            <Button type="submit" disabled={!changed} loading={save.isPending}>
              Save
            </Button>
          </div>
        )}
      </div>
    </form>
  );
}
