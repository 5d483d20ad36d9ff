// What an edit of a group or of a policy means for the groups (R54): pure.
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { nothing, type Decision } from '#bus/consumer';
import type { DocumentChanged } from '#events/document';
import type { Group } from '#events/group';
import type { Policy } from '#events/policy';
import type { Change, Edit, GroupRow, Groups, PolicyRow } from './groups.js';

/** Says nothing of devices: all of them are looked at again by regroup.ts. */
export function editGroup({ id, version, body }: DocumentChanged<Group>, groups: Groups): Decision<Change> {
  const known = groups.groups.get(id);
  if (known && known.version >= version) return nothing;
  const edited = editBetween(known?.body ?? null, body);
  const edition = edited ? groups.edition + 1 : groups.edition;
  const last = { editedIn: edition, edited: edited ?? 'filterEdited' };
  const group: GroupRow = { id, version, body, ...(edited || !known ? last : pastEdit(known)) };
  return { changes: [{ kind: 'group', group, edition }], events: [] };
}

const pastEdit = ({ editedIn, edited }: GroupRow) => ({ editedIn, edited });

/** Null when only the name or the like changed. */
function editBetween(before: Group | null, after: Group | null): Edit | null {
  const who = ({ kind, filter, members }: Group) => ({ kind, filter, members });
  if (!before || !after) return before === after ? null : 'filterEdited';
  if (!isDeepStrictEqual(who(before), who(after))) return 'filterEdited';
  return before.policyId === after.policyId && before.priority === after.priority ? null : 'policyEdited';
}

/**
 * What a policy asks for is a part of the groups that carry it (R54). One that was not heard of before is new when it is its
 * first version: a later one was edited since this build knows of policies.
 */
export function editPolicy({ id, version, body }: DocumentChanged<Policy>, groups: Groups): Decision<Change> {
  const known = groups.policies.get(id);
  if (known && known.version >= version) return nothing;
  const policy: PolicyRow = { id, version, content: contentOf(body) };
  const isSame = known ? known.content === policy.content : version === 1;
  const carrying = [...groups.groups.values()].filter(
    (group) => group.body?.kind === 'automatic' && group.body.policyId === id,
  );
  const changes: Change[] = [{ kind: 'policy', policy }];
  if (!isSame && body && carrying.length > 0) {
    const groupIds = carrying.map((group) => group.id);
    changes.push({ kind: 'edited', groupIds, edition: groups.edition + 1 });
  }
  return { changes, events: [] };
}

/** In whatever order its items stand: that means nothing. Rules of IPsec are in the order in which they hold. */
function contentOf(body: Policy | null): string {
  if (!body) return '';
  const items = body.items.toSorted((a, b) => (a.setting < b.setting ? -1 : 1));
  const { ipsec } = body;
  return createHash('sha256')
    .update(JSON.stringify(ipsec ? [items, ipsec] : items))
    .digest('hex');
}
