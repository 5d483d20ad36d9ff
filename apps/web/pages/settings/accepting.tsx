import { Alert } from '@mantine/core';
import { IconPlugConnected } from '@tabler/icons-react';
import { OneOf, OnOff } from '../../parts/choice.js';
import { useIdentities, useOverview } from '../../api/queries.js';
import { DocumentChoice } from '../../parts/document-choice.js';
import { announcePort } from '../../words.js';
import { Authorities } from './authorities.js';
import type { SettingsForm } from './form.js';
import { Probing } from './probing.js';

const authentications = {
  none: 'None: encryption only, any certificate',
  mutual: 'Mutual: only devices whose certificate verifies',
} as const;

const primaries = {
  off: 'Off',
  encrypted: 'On, encrypted only',
  verified: 'On, with a verified identity certificate',
} as const;

export function Accepting({ form }: { readonly form: SettingsForm }) {
  const { body, set, fault, readOnly } = form;
  const identities = useIdentities();
  return (
    <section className="card stack" aria-labelledby="accepting">
      <h2 id="accepting">Announcements</h2>
      <OnOff
        label="Accept Device Announcements"
        text="Off: a device that announces itself is told so, and nothing is processed."
        on={body.acceptAnnouncements}
        readOnly={readOnly}
        onChange={(acceptAnnouncements) => set({ acceptAnnouncements })}
      />
      {body.acceptAnnouncements && !form.saved.acceptAnnouncements && <PortReminder />}
      <OneOf
        label="Authentication"
        text="How a device proves who it is. The connection is encrypted in either case."
        value={body.authentication}
        words={authentications}
        readOnly={readOnly}
        fault={fault('authentication')}
        onChange={(authentication) => set({ authentication })}
      />
      <OneOf
        label="From Primary Listeners"
        text="Takes announcements that another Muster forwards to this one as its secondary listener."
        value={body.fromPrimaries}
        words={primaries}
        readOnly={readOnly}
        fault={fault('fromPrimaries')}
        onChange={(fromPrimaries) => set({ fromPrimaries })}
      />
      <Authorities form={form} />
      <DocumentChoice
        label="Identity certificate"
        text="What the gateways show to devices. It takes effect within seconds, for new connections; a gateway that cannot open it goes on with the one before, and the page Identities says why."
        none="Each gateway's own"
        documents={(identities.data?.items ?? []).map(({ name }) => ({ id: name, body: { name } }))}
        chosen={body.identity}
        readOnly={readOnly}
        fault={fault('identity')}
        onChoose={(identity) => set({ identity })}
      />
      <OnOff
        label="Serial-number filter"
        text="Only devices on the serial-number list take part. Meant for authentication none, where a device proves nothing."
        on={body.serialFilter}
        readOnly={readOnly}
        onChange={(serialFilter) => set({ serialFilter })}
      />
      <Probing form={form} />
    </section>
  );
}

function PortReminder() {
  const port = announcePort(useOverview().data);
  return (
    <Alert
      role="status"
      color="yellow"
      icon={<IconPlugConnected aria-hidden />}
      title={`Remember TCP port ${port}`}
    >
      Devices announce themselves to it: it must be open in every firewall between them and this server.
      Nothing changes until you save.
    </Alert>
  );
}
