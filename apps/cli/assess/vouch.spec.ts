// An operator at the command line says of a moved device that it is the device; a real console is at the other end.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { deviceDiscovered, deviceReconciled } from '#events/device';
import { databases, Trial } from '../../../test/support/console.js';
import { typist, type Typist } from '../../../test/support/typed.js';
import { runCommand } from '../command-line.js';

const [PGlite] = databases;
const { deviceId, identity } = deviceDiscovered.example;
const fingerprint = 'c'.repeat(64);
let trial: Trial;
let muster: Typist;
beforeAll(async () => {
  trial = await Trial.start(await PGlite.open());
  muster = await typist(trial, runCommand);
});
afterAll(() => trial.stop());

it('who is there is shown, and vouched for by the certificate that was seen', async () => {
  const { serial, model, mac } = identity;
  await trial.hear(trial.event('discovery', deviceDiscovered.draft(deviceDiscovered.example)));
  expect(await muster('vouch', serial)).toMatchObject({
    status: 1,
    out: `Nobody is to be vouched for: ${serial} was not moved without a proof.\n`,
  });
  const taken = { ...deviceReconciled.example, proof: 'oldAddressSilent', fresh: true, fingerprint } as const;
  await trial.hear(trial.event('discovery', deviceReconciled.draft(taken)));
  const shown = await muster('vouch', serial);
  expect(shown.status).toBe(0);
  expect(shown.out).toContain(`: ${model}, MAC address ${mac}, certificate ${fingerprint}.`);
  const other = await muster('vouch', serial, '--certificate', 'd'.repeat(64));
  expect([other.status, other.text]).toEqual([
    2,
    expect.stringContaining(`it is ${fingerprint} that is pinned`),
  ]);
  expect(await trial.told('assessment.vouchRequested')).toEqual([]);
  expect((await muster('vouch', serial, '--certificate', fingerprint)).status).toBe(0);
  const who = { ip: identity.ip, fingerprint };
  expect(await trial.told('assessment.vouchRequested')).toMatchObject([{ deviceId, who }]);
});
