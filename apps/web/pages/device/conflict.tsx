import { Alert, Button } from '@mantine/core';
import { IconArrowsSplit } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { pathOf, useWrite } from '../../api/writes.js';
import type { Claimant, Conflict, DeviceDetail } from '../../api/types.js';
import { Confirm } from '../../parts/confirm.js';
import { ProblemNote } from '../../parts/problem-note.js';
import { When } from '../../parts/when.js';
import { useMayWrite } from '../../shell/session.js';
import { useTell } from '../../shell/told.js';
import { counted } from '../../words.js';
import { Cause, Certificate, Claimed, Sides } from './sides.js';

/** Claims that wait for a decision, each with both sides, and those that were dismissed. */
export function Conflicts({ device }: { readonly device: DeviceDetail }) {
  const { conflict, conflicts = [], dismissed = [], leftOut } = device;
  const undecidable = conflicts.length === 0 ? conflict : null;
  return (
    <>
      {conflicts.map((open) => (
        <Open key={open.claim} device={device} open={open} />
      ))}
      {leftOut && (
        <Alert color="yellow" icon={<IconArrowsSplit aria-hidden />} title="More claims than are kept">
          {counted(leftOut.claimants, 'more claimant was', 'more claimants were')} left out, the newest from{' '}
          <span className="mono">{leftOut.claimed.ip}</span> (<When at={leftOut.at} />
          ): as many claims to this serial number wait as are kept, and none makes way for a newer one.
          Dismiss those that are not the device: who claims it again after that is shown.
        </Alert>
      )}
      {undecidable && (
        <Note because={null} known={knownOf(device, undecidable)}>
          <Sides
            device={device}
            known={knownOf(device, undecidable)}
            claimed={undecidable.claimed}
            identity={null}
            shared={null}
          />
        </Note>
      )}
      {dismissed.length > 0 && <Dismissed device={device} dismissed={dismissed} />}
    </>
  );
}

const knownOf = ({ ip }: DeviceDetail, { known }: Pick<Conflict, 'known'>): Claimant =>
  known ?? { ip, fingerprint: null };

interface NoteProps extends Pick<Conflict, 'because'> {
  readonly known: Claimant;
  readonly children: ReactNode;
}

function Note({ because, known, children }: NoteProps) {
  return (
    <Alert color="yellow" icon={<IconArrowsSplit aria-hidden />} title="Two parties claim this serial number">
      <div className="stack">
        <p>
          Something announced itself with this serial number from another address or with another certificate.{' '}
          <Cause because={because} known={known} /> Nothing was changed. Find out which of the two is yours.
        </p>
        {children}
      </div>
    </Alert>
  );
}

interface OpenProps {
  readonly device: DeviceDetail;
  readonly open: Conflict;
}

function Open({ device, open }: OpenProps) {
  const mayWrite = useMayWrite();
  return (
    <Note because={open.because} known={knownOf(device, open)}>
      <Sides
        device={device}
        known={knownOf(device, open)}
        claimed={open.claimed}
        identity={open.identity}
        shared={open.shared}
      />
      {open.peerAddress !== null && open.peerAddress !== open.claimed.ip && (
        <p>
          The claim came from <span className="mono">{open.peerAddress}</span>, not from the address that it
          names.
        </p>
      )}
      <p className="dim">
        Raised <When at={open.at} />.
      </p>
      {mayWrite && <Decide device={device} open={open} />}
    </Note>
  );
}

function Decide({ device, open }: OpenProps) {
  const { decide, write } = useDecide(device, open);
  return (
    <div className="stack-close">
      <div className="row">
        <Button variant="default" loading={decide.isPending} onClick={() => write('keep', () => undefined)}>
          Keep the known one
        </Button>
        <Move device={device} open={open} label="Move to the claimed one" />
      </div>
      <p className="small dim">
        Keep: this claim is dismissed and not raised again, until something of it changes. Move: the device is
        taken as fresh from the box at the claimed address.
      </p>
      {decide.error && <ProblemNote problem={decide.error} />}
    </div>
  );
}

function Move({ device, open, label }: OpenProps & { readonly label: string }) {
  const { decide, write } = useDecide(device, open);
  return (
    <Confirm
      label={label}
      name={`${label}: ${open.claimed.ip}`}
      question={`Move ${device.serial} to ${open.claimed.ip}?`}
      act="Move"
      pending={decide.isPending}
      problem={decide.error}
      onConfirm={(close) => write('move', close)}
    >
      <div className="stack-close">
        <p>
          From now on this device is what announced itself from {open.claimed.ip}, with that certificate. It
          is treated as fresh from the box, and you vouch for it: what is kept to open the device is sent to
          it. If it is an impostor, it takes the device’s place.
        </p>
        <Claimed claimed={open.claimed} identity={open.identity} shared={open.shared} />
      </div>
    </Confirm>
  );
}

function useDecide(device: DeviceDetail, { claim, claimed }: Conflict) {
  const decide = useWrite(['devices', 'overview']);
  const tell = useTell();
  const write = (decision: 'keep' | 'move', close: () => void) =>
    decide.mutate({
      method: 'POST',
      path: pathOf('devices', device.id, 'conflict'),
      body: { claim, decision },
      done: () => {
        close();
        tell(
          decision === 'keep'
            ? `The claim of ${claimed.ip} is being dismissed.`
            : `${device.serial} is being moved to ${claimed.ip}.`,
        );
      },
    });
  return { decide, write };
}

interface DismissedProps {
  readonly device: DeviceDetail;
  readonly dismissed: readonly Conflict[];
}

function Dismissed({ device, dismissed }: DismissedProps) {
  const mayWrite = useMayWrite();
  return (
    <section className="card" aria-labelledby="dismissed">
      <h2 id="dismissed">Dismissed claims</h2>
      <p className="dim">
        Who says again what was dismissed is not listened to, even when the known device is silent. If it is
        the device after all, move it.
      </p>
      <ul className="plain-list stack after">
        {dismissed.map((one) => (
          <li key={one.claim} className="row row-apart">
            <DismissedClaim claim={one} />
            {mayWrite && <Move device={device} open={one} label="Move after all" />}
          </li>
        ))}
      </ul>
    </section>
  );
}

function DismissedClaim({ claim: { claimed, identity, shared, decidedBy } }: { readonly claim: Conflict }) {
  return (
    <div className="grow">
      <span className="mono">{claimed.ip}</span>
      {identity && (
        <>
          , <span className="mono">{identity.mac}</span>, {identity.model}
        </>
      )}
      <span className="dim"> dismissed by {decidedBy}</span>
      <div className="small">
        Certificate:{' '}
        <Certificate fingerprint={claimed.fingerprint} shared={shared?.claimed ?? null} none="none shown" />
      </div>
    </div>
  );
}
