// Which certificate a person has said to be a device's own: whoever comes first pins one, and nobody has looked at it then.
import { consumer } from '#bus/consumer';
import { deviceApprovalDecided, type DeviceApprovalDecided } from '#events/approval';
import { deviceConflictDecided, type DeviceConflictDecided } from '#events/conflict';
import type { EventDefinition } from '#events/event';

interface Approved {
  readonly deviceId: string;
  /** Null: it was let in without one. */
  readonly fingerprint: string | null;
}

/** By an operator's approval, or a conflict that he has decided for who came. Rules look at no certificate. */
export const approvals = consumer<null, Approved, DeviceApprovalDecided | DeviceConflictDecided>({
  name: 'assessment.approvals',
  on: [deviceApprovalDecided, deviceConflictDecided] as readonly EventDefinition<
    DeviceApprovalDecided | DeviceConflictDecided
  >[],
  load: () => Promise.resolve(null),
  decide: (event) => {
    const approved = approvedBy(event.data);
    return { changes: approved ? [approved] : [], events: [] };
  },
  save: async (tx, changes) => {
    const last = new Map(changes.map((one) => [one.deviceId, one]));
    const rows = [...last.values()].toSorted((a, b) => (a.deviceId < b.deviceId ? -1 : 1));
    if (rows.length === 0) return;
    await tx.query(
      `insert into assessment.device (id, approved)
       select id, approved from unnest($1::uuid[], $2::text[]) as given (id, approved)
       on conflict (id) do update set approved = excluded.approved`,
      [rows.map(({ deviceId }) => deviceId), rows.map(({ fingerprint }) => fingerprint)],
    );
  },
});

function approvedBy(data: DeviceApprovalDecided | DeviceConflictDecided): Approved | null {
  if ('claimed' in data) {
    const { deviceId, outcome, claimed } = data;
    return outcome === 'moved' ? { deviceId, fingerprint: claimed.fingerprint } : null;
  }
  const { deviceId, by, outcome, fingerprint } = data;
  const isByPerson = by === 'operator' && outcome === 'admitted';
  return isByPerson && deviceId !== null ? { deviceId, fingerprint } : null;
}
