import { getRouteApi } from '@tanstack/react-router';
import { useDevice } from '../../api/queries.js';
import type { DeviceDetail } from '../../api/types.js';
import { Loaded } from '../../parts/loaded.js';
import { PageHead } from '../../parts/page-head.js';
import { PathBack } from '../../parts/path-back.js';
import { StatusPill } from '../../parts/pill.js';
import { words } from '../../words.js';
import { Actions } from './actions.js';
import { AssessmentCard } from './assessment.js';
import { Conflicts } from './conflict.js';
import { Announced, IdentityCard, Membership } from './facts.js';
import { History } from './history.js';

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

function Device({ device }: { readonly device: DeviceDetail }) {
  return (
    <>
      <PageHead title={device.model} actions={<Actions device={device} />}>
        <span className="mono">{device.serial}</span>
      </PageHead>
      <div className="row">
        <StatusPill status={device.status} />
        <span className="dim">{words.statusMeaning[device.status]}</span>
      </div>
      <Conflicts device={device} />
      <AssessmentCard device={device} />
      <div className="columns">
        <IdentityCard device={device} />
        <Membership device={device} />
        <Announced last={device.lastAnnouncement} />
      </div>
      <History entries={device.history} />
    </>
  );
}
