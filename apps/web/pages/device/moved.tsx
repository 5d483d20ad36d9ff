// A device that was moved without a proof: who is there now, and an operator's word that it is the device.
import { Alert } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import type { DeviceDetail } from '../../api/types.js';
import { pathOf, useWrite } from '../../api/writes.js';
import { Confirm } from '../../parts/confirm.js';
import { When } from '../../parts/when.js';
import { useMayWrite } from '../../shell/session.js';
import { useTell } from '../../shell/told.js';
import { Claimed } from './sides.js';

const because = {
  oldAddressSilent: 'Its old address was silent, and something announced itself with its serial number from',
  sameAddress: 'With another certificate than it had, something announced itself with its serial number from',
} as const;

export function Moved({ device }: { readonly device: DeviceDetail }) {
  const mayWrite = useMayWrite();
  const { moved } = device;
  if (!moved) return null;
  return (
    <Alert color="yellow" icon={<IconKey aria-hidden />} title="Nobody vouches for who is there now">
      <div className="stack-close">
        <p>
          {because[moved.because]} <span className="mono">{moved.who.ip}</span> (<When at={moved.at} />
          ): it was taken as moved, and may be anybody. Nothing that is kept to open it goes there.
        </p>
        {mayWrite && <Vouch device={device} who={moved.who} />}
      </div>
    </Alert>
  );
}

interface VouchProps {
  readonly device: DeviceDetail;
  readonly who: NonNullable<DeviceDetail['moved']>['who'];
}

function Vouch({ device, who }: VouchProps) {
  const vouch = useWrite(['devices']);
  const tell = useTell();
  const send = (close: () => void) =>
    vouch.mutate({
      method: 'POST',
      path: pathOf('devices', device.id, 'vouch'),
      body: { who },
      done: () => {
        close();
        tell(
          `Asked for: what is kept to open ${device.serial} goes to ${who.ip} from now on. Assess it now.`,
        );
      },
    });
  return (
    <div>
      <Confirm
        label="It is the device"
        question={`Is ${device.serial} at ${who.ip}?`}
        act="It is the device"
        pending={vouch.isPending}
        problem={vouch.error}
        onConfirm={send}
      >
        <div className="stack-close">
          <p>
            Compare with the printer’s own panel, or ask the switch which port has that MAC address. You vouch
            for it: what is kept to open the device is sent to it. If it is an impostor, it gets that.
          </p>
          <Claimed claimed={who} identity={device} shared={null} />
        </div>
      </Confirm>
    </div>
  );
}
