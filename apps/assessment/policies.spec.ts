import { expect, it } from 'vitest';
import { policyTemplates } from '#documents/templates';
import { keep } from '#store/documents';
import type { Tx } from '#store/store';
import { databases, openFor } from '../../test/support/fed-delivery.js';
import { policiesBegunWith } from './policies.js';

const [template] = policyTemplates;
const put = (tx: Tx, id: string, version: number) =>
  keep(tx, 'assessment', [{ kind: 'policy', id, version, body: template?.body }]);
const versionsOf = async (tx: Tx, ...ids: readonly string[]) =>
  (await policiesBegunWith(tx, ids)).map(({ policyId, version }) => `${policyId} ${version}`);

it.each(Object.keys(databases))(
  'tasks that begin together begin with the same policies, those that begin later with the newest, on %s',
  async (name) => {
    const store = await openFor(name, 'assessment');
    await store.transaction(async (tx) => {
      await put(tx, 'one', 1);
      await put(tx, 'other', 1);
    });
    await store.transaction(async (tx) => {
      expect(await versionsOf(tx, 'one', 'other', 'deleted')).toEqual(['one 1', 'other 1']);
      await put(tx, 'one', 2);
      expect(await versionsOf(tx, 'one', 'other', 'deleted')).toEqual(['one 1', 'other 1']);
      expect(await versionsOf(tx, 'other')).toEqual(['other 1']);
    });
    expect(await store.transaction((tx) => versionsOf(tx, 'other', 'one'))).toEqual(['other 1', 'one 2']);
  },
);
