// Credentials of devices on the page (R67), in a real browser: set, told of, removed, and never shown.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeKeyFile } from '#pki/key-file';
import { ownFolder } from '../support/servers.js';
import type { Visitor } from './chromium.js';
import { visit, type Visit } from './visit.js';

describe('the page Credentials', () => {
  let visited: Visit | undefined;
  let visitor: Visitor;

  beforeAll(async () => {
    const keys = join(await ownFolder('credentials'), 'keys');
    await makeKeyFile(keys);
    visited = await visit('/credentials', 'Credentials', {
      expected: [400],
      environment: { MUSTER_CREDENTIALS_KEY_FILE: keys },
      others: [{ service: 'assessment', on: [] }],
    });
    ({ visitor } = visited);
  }, 120_000);
  afterAll(() => visited?.stop(), 60_000);

  it('takes one, names what is wrong with it, shows all but the secret, and forgets it', async () => {
    const { page } = visitor;
    await page.getByText('None yet').waitFor();
    await page.getByLabel('Kind').selectOption('SNMPv3 user');
    await page.getByLabel('Authentication', { exact: true }).selectOption('SHA-1');
    await page.getByLabel('User name').fill('muster');
    await page.getByLabel('Authentication password', { exact: true }).fill('short');
    await page.getByLabel('Privacy password', { exact: true }).fill('priv-s3cret');
    await page.getByRole('button', { name: 'Set', exact: true }).click();
    await page.getByText('must have 8 characters at least').first().waitFor();
    await page.getByLabel('Authentication password', { exact: true }).fill('auth-s3cret');
    await page.getByRole('button', { name: 'Set', exact: true }).click();
    const row = page.getByRole('table').getByRole('row', { name: /SNMPv3 user/ });
    await row.getByText('All devices').waitFor();
    await row.getByText('SHA-1, AES-128').waitFor();
    await page.getByLabel('Search').fill('nobody');
    await page.getByText('No credential matches').waitFor();
    await page.getByLabel('Search').fill('must');
    await row.waitFor();
    // What was consented to and chosen was for that one alone.
    expect(await page.getByLabel('Authentication', { exact: true }).inputValue()).toBe('sha256');
    const unproved = page.getByRole('checkbox', { name: /^Send it to devices/ });
    await page.getByLabel('Kind').selectOption('SNMP read community');
    await unproved.check();
    await page.getByLabel('Kind').selectOption('SNMP write community');
    expect(await unproved.isChecked()).toBe(false);
    expect(await page.content()).not.toMatch(/(auth|priv)-s3cret/);
    await page.getByRole('button', { name: 'Seal anew' }).click();
    await page.getByText('0 sealed anew').waitFor();
    await row.getByRole('button', { name: /^Remove SNMPv3 user/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByText('No credential matches').waitFor();
    await page.getByLabel('Search').fill('');
    await page.getByText('None yet').waitFor();
    expect(visitor.complaints).toEqual([]);
  }, 120_000);
});
