// A licence signed by a signer that the Muster of a test trusts.
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issueLicence } from '#documents/licence';

/** @returns what to start Muster with, and the licence to install then */
export async function signedLicence(seats: number) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const signers = join(await mkdtemp(join(tmpdir(), 'muster-signer-')), 'signers.pem');
  await writeFile(signers, publicKey.export({ type: 'spki', format: 'pem' }));
  const grant = {
    id: 'story',
    customer: 'Story',
    seats,
    issuedAt: new Date().toISOString(),
    expiresAt: null,
    graceDays: 0,
  };
  const licence: unknown = JSON.parse(issueLicence(grant, privateKey));
  return { environment: { MUSTER_LICENCE_SIGNERS_FILE: signers }, licence };
}
