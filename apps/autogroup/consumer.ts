// Membership on the bus: load, decide, save.
import { consumer } from '#bus/consumer';
import { deviceLicensed, deviceRetired } from '#events/device';
import { groupChanged } from '#events/group';
import { policyChanged } from '#events/policy';
import { evolve, type Change, type Groups } from './groups.js';
import { decide, type Heard } from './membership.js';
import { loadGroups, saveGroups } from './rows.js';

export const membership = consumer<Groups, Change, Heard>({
  name: 'autogroup.membership',
  on: [deviceLicensed, deviceRetired, groupChanged, policyChanged],
  load: (tx, events) =>
    loadGroups(tx, {
      deviceIds: events.flatMap(({ data }) => ('deviceId' in data ? [data.deviceId] : [])),
      groupIds: events.flatMap((event) => (groupChanged.is(event) ? [event.data.id] : [])),
      edits: events.some((event) => groupChanged.is(event) || policyChanged.is(event)),
    }),
  decide,
  evolve,
  save: saveGroups,
});
