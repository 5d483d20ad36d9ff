// The plain next step while nothing can announce itself, or nothing has yet.
import { Alert, Button } from '@mantine/core';
import { IconPlugConnectedX } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { Overview } from '../../api/types.js';
import { announcePort } from '../../words.js';
import { useMayWrite } from '../../shell/session.js';

export function NextStep({ overview }: { readonly overview: Overview }) {
  const on = overview.acceptAnnouncements;
  if (overview.devices > 0) return <Off />;
  return (
    <section className="card stack" aria-labelledby="next">
      <div>
        <h2 id="next">
          {on ? 'Ready: no device has announced itself yet' : 'Accept Device Announcements is off'}
        </h2>
        <p className="dim">
          {on
            ? 'Devices appear here by themselves as soon as they find this server.'
            : 'Devices that announce themselves are told so and are not processed. Nothing happens until you switch it on.'}
        </p>
      </div>
      <ol className="steps">
        {!on && <SwitchOn />}
        <li>
          <strong>Let devices find this server.</strong> They look up the name{' '}
          <code className="mono">hp-print-mgmt</code> in their own DNS domain. Add it there, pointing to this
          server, or enter the server's address on the device.
          <pre>hp-print-mgmt IN A 192.0.2.10 ; the address of this server</pre>
        </li>
        <li>
          <strong>Open TCP port {announcePort(overview)}</strong> in every firewall between the devices and
          this server.
        </li>
        <li>
          <strong>Plug a device in,</strong> or switch one off and on. It announces itself at each boot, and
          every 47 to 48 hours whatever happens.
        </li>
      </ol>
    </section>
  );
}

/** Devices are known, but none can announce itself any more. */
function Off() {
  return (
    <Alert
      color="yellow"
      icon={<IconPlugConnectedX aria-hidden />}
      title="Accept Device Announcements is off"
    >
      <p>
        Devices that announce themselves are told so and are not processed.{' '}
        <Link to="/settings">Instant-On settings</Link>
      </p>
    </Alert>
  );
}

function SwitchOn() {
  const mayWrite = useMayWrite();
  return (
    <li>
      <strong>Switch on Accept Device Announcements.</strong>{' '}
      {mayWrite ? (
        <div className="after">
          <Button component={Link} to="/settings">
            Go to Instant-On settings
          </Button>
        </div>
      ) : (
        'An operator or administrator can do so in the Instant-On settings.'
      )}
    </li>
  );
}
