// All that is known of one device, and what can be done about it.
//
//   device.tsx      the page                    actions.tsx    assess, dry run, delete
//   assessment.tsx  its last result             not-assessed.tsx  why there is none, or an old one
//   changes.tsx     what Muster changed on it, and would    facts.tsx  who it is, its groups, its agent
//   conflict.tsx    who claims to be it, too    sides.tsx      the two parties of such a claim
//   moved.tsx       nobody vouches for it       history.tsx    what happened to it
import { getRouteApi } from '@tanstack/react-router';
import { useDevice } from '../../api/queries.js';
import type { DeviceDetail } from '../../api/types.js';
import { Loaded } from '../../parts/loaded.js';
import { PageHead } from '../../parts/page-head.js';
import { PathBack } from '../../parts/path-back.js';
import { FlappingPill, StatusPill } from '../../parts/pill.js';
import { Refusals } from '../../parts/refusals.js';
import { When } from '../../parts/when.js';
import { words } from '../../words.js';
import { Actions } from './actions.js';
import { AssessmentCard } from './assessment.js';
import { Changes, DryRunCard } from './changes.js';
import { Conflicts } from './conflict.js';
import { AgentCard, Announced, IdentityCard, Membership } from './facts.js';
import { History } from './history.js';
import { Moved } from './moved.js';

const route = getRouteApi('/devices/$id');

export function DevicePage() {
  const { id } = route.useParams();
  const device = useDevice(id);
  return (
    <div className="stack">
      <PathBack to="/devices" label="Devices" />
      {!device.data && <PageHead title="Device" />}
      <Loaded query={device}>{(data) => <Device device={data} />}</Loaded>
    </div>
  );
}

function Flapping({ flapping }: Pick<DeviceDetail, 'flapping'>) {
  if (!flapping) return null;
  return (
    <div className="row">
      <FlappingPill flapping={flapping} />
      <span className="dim">
        {words.flappingMeaning} Last <When at={flapping.at} />.
      </span>
    </div>
  );
}

/** Perhaps the device itself, perhaps an impostor: what was said is not proved. */
function TurnedAway({ device: { refusals = [] } }: { readonly device: DeviceDetail }) {
  if (refusals.length === 0) return null;
  return (
    <section className="card card-flush" aria-labelledby="turned-away">
      <div className="card-head">
        <h2 id="turned-away">Turned away with this serial number</h2>
        <p className="dim">
          Announcements that named it and were not taken: from the device, or from somebody else.
        </p>
      </div>
      <Refusals rows={refusals} withSerial={false} />
    </section>
  );
}

function Meaning({ device: { status, putBackAt = null } }: { readonly device: DeviceDetail }) {
  if (status !== 'unassessed' || putBackAt === null) return <>{words.statusMeaning[status]}</>;
  return (
    <>
      What Muster had changed on it was put back <When at={putBackAt} />, and no policy has been compared with
      it since.
    </>
  );
}

function Device({ device }: { readonly device: DeviceDetail }) {
  return (
    <>
      <PageHead title={device.model} actions={<Actions device={device} />}>
        <span className="mono">{device.serial}</span>
      </PageHead>
      <div className="row">
        <StatusPill status={device.status} />
        <span className="dim">
          <Meaning device={device} />
        </span>
      </div>
      <Flapping flapping={device.flapping} />
      <Conflicts device={device} />
      <Moved device={device} />
      <TurnedAway device={device} />
      <AssessmentCard device={device} />
      <DryRunCard run={device.lastDryRun ?? null} />
      <Changes device={device} />
      <div className="columns">
        <IdentityCard device={device} />
        <Membership device={device} />
        <Announced last={device.lastAnnouncement} />
        <AgentCard agent={device.agent} />
      </div>
      <History entries={device.history} />
    </>
  );
}
