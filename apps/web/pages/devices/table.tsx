import { Link } from '@tanstack/react-router';
import type { DeviceRow } from '../../api/types.js';
import { FlappingPill, StatusPill } from '../../parts/pill.js';
import { Table } from '../../parts/table.js';
import { When } from '../../parts/when.js';
import { words } from '../../words.js';

export function DeviceTable({ devices }: { readonly devices: readonly DeviceRow[] }) {
  return (
    <Table
      className="devices-table"
      caption="Devices"
      rows={devices}
      keyOf={(device) => device.id}
      columns={[
        { title: 'Device', lead: true, cell: (device) => <Name device={device} /> },
        { title: 'Network', cell: (device) => <Network device={device} /> },
        { title: 'Status', cell: (device) => <State device={device} /> },
        { title: 'Compliance', cell: (device) => <Compliance of={device.compliance} /> },
        { title: 'Groups', minor: true, cell: (device) => <Groups groups={device.groups} /> },
        {
          title: 'Last Policy Used',
          minor: true,
          cell: (device) => device.lastPolicyUsed ?? <span className="dim">none</span>,
        },
        {
          title: 'Auto Discovered',
          minor: true,
          cell: (device) => (device.autoDiscovered ? 'Instant-On' : <span className="dim">No</span>),
        },
        { title: 'Agent', minor: true, cell: (device) => <Agent agent={device.agent} /> },
        {
          title: 'Licence',
          minor: true,
          cell: (device) => (device.licensed ? 'Licensed' : <span className="dim">None</span>),
        },
        { title: 'Last announced', cell: (device) => <When at={device.lastAnnouncedAt} /> },
      ]}
    />
  );
}

function Name({ device }: { readonly device: DeviceRow }) {
  return (
    <>
      <Link to="/devices/$id" params={{ id: device.id }} className="strong clamp" title={device.model}>
        {device.model}
      </Link>
      <div className="mono dim">{device.serial}</div>
    </>
  );
}

function State({ device }: { readonly device: DeviceRow }) {
  return (
    <>
      <StatusPill status={device.status} /> <FlappingPill flapping={device.flapping} />
      {device.status === 'unassessed' && device.putBackAt !== null && (
        <span className="cut small dim">
          put back <When at={device.putBackAt} />
        </span>
      )}
    </>
  );
}

function Network({ device }: { readonly device: DeviceRow }) {
  return (
    <>
      <span className="cut" title={device.hostname ?? undefined}>
        {device.hostname ?? <span className="dim">no hostname</span>}
      </span>
      <span className="cut mono dim">{device.ip}</span>
    </>
  );
}

/** Settings as required of all that were compared. */
function Compliance({ of }: { readonly of: DeviceRow['compliance'] }) {
  if (!of) return <span className="dim">–</span>;
  return (
    <span className="number nowrap">
      {of.compliant}/{of.total}
      <span className="hidden-text"> settings compliant</span>
    </span>
  );
}

/** Whether it announces itself, and where to. */
function Agent({ agent: { state, server, requireMutual } }: { readonly agent: DeviceRow['agent'] }) {
  if (state === 'unknown') return <span className="dim">{words.agent.unknown}</span>;
  const where = server === null ? [] : [server === '' ? 'found by name' : server];
  const details = [...where, ...(requireMutual ? ['proven server only'] : [])].join(', ');
  return (
    <>
      {words.agent[state]}
      {details !== '' && (
        <span className="cut small dim" title={details}>
          {details}
        </span>
      )}
    </>
  );
}

function Groups({ groups }: { readonly groups: DeviceRow['groups'] }) {
  if (groups.length === 0) return <span className="dim">none</span>;
  const names = groups.map((group) => group.name).join(', ');
  return (
    <span className="clamp" title={names}>
      {names}
    </span>
  );
}
