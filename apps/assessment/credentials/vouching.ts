// A person says of a device that was moved without a proof that it is the device, as if he had decided a conflict for it.
import { consumer } from '#bus/consumer';
import { assessmentVouched, assessmentVouchRequested, type AssessmentVouchRequested } from '#events/vouch';

/** Who is there now, as far as assessment knows. */
interface Moved {
  readonly ip: string | null;
  readonly fingerprint: string | null;
}

/** By device: those that were moved, and nobody has vouched for since. */
type State = Map<string, Moved>;

interface Vouched {
  readonly deviceId: string;
  readonly fingerprint: string | null;
}

export const vouching = consumer<State, Vouched, AssessmentVouchRequested>({
  name: 'assessment.vouching',
  on: [assessmentVouchRequested],
  load: async (tx, events) => {
    const rows = await tx.query<Moved & { id: string }>(
      `select id, identity->>'ip' as ip, fingerprint from assessment.device
       where id = any($1::uuid[]) and moved_at is not null and standing <> 'retired' order by id for update`,
      [events.map(({ data }) => data.deviceId)],
    );
    return new Map(rows.map(({ id, ...moved }) => [id, moved]));
  },
  decide: ({ data: { deviceId, who, requestedBy: vouchedBy } }, state) => {
    const moved = state.get(deviceId);
    const isShown = moved?.ip === who.ip && moved.fingerprint === who.fingerprint;
    const outcome = moved ? (isShown ? 'vouched' : 'another') : 'gone';
    return {
      changes: outcome === 'vouched' ? [{ deviceId, fingerprint: who.fingerprint }] : [],
      events: [assessmentVouched.draft({ deviceId, who, outcome, vouchedBy })],
    };
  },
  evolve: (state, { deviceId }) => void state.delete(deviceId),
  save: async (tx, changes) => {
    await tx.query(
      `update assessment.device set moved_at = null, approved = given.fingerprint
       from unnest($1::uuid[], $2::text[]) as given (id, fingerprint) where device.id = given.id`,
      [changes.map(({ deviceId }) => deviceId), changes.map(({ fingerprint }) => fingerprint)],
    );
  },
});
