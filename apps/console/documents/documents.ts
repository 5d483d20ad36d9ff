// What operators write, and the rules between documents.
//
//   documents.ts  the operators' door: read, save, remove      written.ts  versions, history, audit, event: one transaction
//   faults.ts     what is wrong beyond the shape (pure)        edge.ts     what the gateways are told
//   serials.ts    the serial-number list              changed.ts  what one version has that the one before had not
//   versions.ts   every version there was
//   policy-files.ts  policies as files, and what changed between two versions
import { Inject, Injectable } from '@nestjs/common';
import type { DocumentDefinition } from '#events/document';
import type { Draft } from '#events/event';
import { groupChanged } from '#events/group';
import { listenerChanged } from '#events/listener';
import { policyChanged } from '#events/policy';
import { scheduleChanged } from '#events/schedule';
import { settingsChanged, type Settings } from '#events/settings';
import { trustSetChanged } from '#events/trust-set';
import { PARTS, type StoredParts } from '#runtime/service';
import { removeCredentialsOf } from '#store/credentials';
import type { Tx } from '#store/store';
import { Refusal, sentence, type Fault } from '../refusal.js';
import type { Page } from '../http/resource.js';
import { audit } from '../who/audit.js';
import { tellingEdge } from './edge.js';
import {
  allDevices,
  faultsOfTrustSet,
  groupFaults,
  listenerFaults,
  policyFaults,
  scheduleFaults,
  settingsFaults,
  type World,
} from './faults.js';
import {
  lockDocuments,
  readAll,
  readOne,
  record,
  write,
  type Writer,
  type Writing,
  type Written,
} from './written.js';
import { versionsOf, type Version, type VersionsQuery } from './versions.js';

type Check<B> = (id: string, body: B, world: World) => readonly Fault[];

function check<B>(of: DocumentDefinition<B>, rule: Check<B>): [string, Check<unknown>] {
  return [of.noun, rule as Check<unknown>];
}

const checks: ReadonlyMap<string, Check<unknown>> = new Map([
  check(settingsChanged, (_, settings, world) => settingsFaults(settings, world)),
  check(policyChanged, (_, policy) => policyFaults(policy)),
  check(groupChanged, groupFaults),
  check(scheduleChanged, (_, schedule, world) => scheduleFaults(schedule, world)),
  check(listenerChanged, (_, listener) => listenerFaults(listener)),
  check(trustSetChanged, (_, trustSet) => faultsOfTrustSet(trustSet)),
]);

@Injectable()
export class Documents {
  constructor(@Inject(PARTS) private readonly parts: StoredParts) {}

  all<B>(of: DocumentDefinition<B>): Promise<readonly Written<B>[]> {
    return this.parts.store.transaction((tx) => readAll(tx, of));
  }

  async one<B>(of: DocumentDefinition<B>, id: string = of.noun): Promise<Written<B>> {
    return this.parts.store.transaction(async (tx) => found(of, id, await readOne(tx, of, id)));
  }

  versions<B>(of: DocumentDefinition<B>, id: string, query: VersionsQuery): Promise<Page<Version>> {
    return versionsOf(this.parts.store, of, id, query);
  }

  async save<B>(of: DocumentDefinition<B>, writing: Writing<B> & { readonly body: B }): Promise<Written<B>> {
    return this.parts.store.transaction(async (tx) => {
      await lockDocuments(tx);
      const faults = checks.get(of.noun)?.(writing.id, writing.body, await worldOf(tx)) ?? [];
      if (faults.length > 0) throw new Refusal('invalid', sentence(faults), faults);
      const writes = () => write(tx, of, writing);
      const toldEdge = of.noun === trustSetChanged.noun;
      const drafts = toldEdge ? await tellingEdge(tx, writes) : [await writes()];
      await record(tx, this.parts.bus, [...(await besides(tx, of.noun, writing.id)), ...drafts]);
      return found(of, writing.id, await readOne(tx, of, writing.id));
    });
  }

  /** The settings, and word to the gateways where it is about them. Answers what was before, too. */
  async saveSettings(
    version: number,
    body: Settings,
    by: Writer,
  ): Promise<readonly [Written<Settings>, Settings]> {
    return this.parts.store.transaction(async (tx) => {
      await lockDocuments(tx);
      const before = found(settingsChanged, 'settings', await readOne(tx, settingsChanged));
      const faults = settingsFaults(body, await worldOf(tx));
      if (faults.length > 0) throw new Refusal('invalid', sentence(faults), faults);
      const writes = () => write(tx, settingsChanged, { id: 'settings', version, body, by });
      await record(tx, this.parts.bus, await tellingEdge(tx, writes));
      return [found(settingsChanged, 'settings', await readOne(tx, settingsChanged)), before.body];
    });
  }

  async remove<B>(of: DocumentDefinition<B>, id: string, by: Writer): Promise<void> {
    await this.parts.store.transaction(async (tx) => {
      await lockDocuments(tx);
      const users = await usersOf(tx, of.noun, id);
      if (users.length > 0)
        throw new Refusal('inUse', `The ${of.noun} ${id} is used by ${users.join(', ')}.`);
      await record(tx, this.parts.bus, [await write(tx, of, { id, version: null, body: null, by })]);
      if (of.noun === groupChanged.noun) await forgetSecrets(tx, id, by);
    });
  }
}

/** Of a group that is gone: another of the same id must not hand them to its devices. */
async function forgetSecrets(tx: Tx, groupId: string, by: Writer): Promise<void> {
  for (const kind of await removeCredentialsOf(tx, groupId)) {
    const target = `credential:${kind}/group/${groupId}`;
    await audit(tx, { who: by.name, from: by.from, action: 'credential.removed', target, detail: {} });
  }
}

/**
 * A schedule brings the group that it is for, as it is: groups that were written before assessment heard of groups are known to
 * it by this. Who knows the version pays no heed.
 */
async function besides(tx: Tx, noun: string, id: string): Promise<readonly Draft[]> {
  if (noun !== scheduleChanged.noun) return [];
  const schedule = await readOne(tx, scheduleChanged, id);
  const group = schedule && (await readOne(tx, groupChanged, schedule.body.groupId));
  if (!group) return [];
  const { version, changedBy, body } = group;
  return [groupChanged.draft({ id: group.id, version, changedBy, body })];
}

function found<B>(of: DocumentDefinition<B>, id: string, document: Written<B> | null): Written<B> {
  if (!document) throw new Refusal('notFound', `There is no ${of.noun} ${id}.`);
  return document;
}

async function worldOf(tx: Tx): Promise<World> {
  const rows = await tx.query<{ kind: string; id: string }>(
    'select kind, id from console.document where kind in ($1, $2, $3) and body is not null',
    [policyChanged.noun, groupChanged.noun, trustSetChanged.noun],
  );
  const idsOf = (noun: string) => new Set(rows.filter(({ kind }) => kind === noun).map(({ id }) => id));
  const named = await tx.query<{ name: string }>('select name from console.identity');
  return {
    policies: idsOf(policyChanged.noun),
    groups: idsOf(groupChanged.noun),
    trustSets: idsOf(trustSetChanged.noun),
    identities: new Set(named.map(({ name }) => name)),
  };
}

/** Who would be left with a reference to nothing. */
async function usersOf(tx: Tx, noun: string, id: string): Promise<readonly string[]> {
  if (noun === groupChanged.noun && id === allDevices)
    return ['Muster itself: it is the group of all devices'];
  if (noun === trustSetChanged.noun) {
    const settings = await readOne(tx, settingsChanged);
    return settings?.body.trustSet === id ? ['the settings (authentication of devices)'] : [];
  }
  if (noun === groupChanged.noun) return schedulesOf(tx, 'groupId', id);
  if (noun !== policyChanged.noun) return [];
  const rows = await tx.query<{ user: string }>(
    `select case kind when 'settings' then 'the settings (Initial Assessment Policy)'
       else 'group ' || coalesce(body->>'name', id) end as user
     from console.document where body is not null
       and (kind = 'settings' and body->>'initialPolicy' = $1 or kind = 'group' and body->>'policyId' = $1) order by 1`,
    [id],
  );
  return [...rows.map(({ user }) => user), ...(await schedulesOf(tx, 'policyId', id))];
}

async function schedulesOf(tx: Tx, field: 'groupId' | 'policyId', id: string): Promise<readonly string[]> {
  const rows = await tx.query<{ user: string }>(
    `select 'schedule ' || (body->>'name') as user from console.document
     where kind = 'schedule' and body is not null and body->>$1 = $2 order by 1`,
    [field, id],
  );
  return rows.map(({ user }) => user);
}
