// A device gets its certificate, or the next one: a new key, a request, an answer that is looked at, and one file that is
// replaced whole. What is in force stays so until the next is on the disk.
import { createPrivateKey, createPublicKey, type KeyPairKeyObjectResult, X509Certificate } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { generateKey, plainPem, sameKey } from '#pki/authority/key';
import { derOfRequestPem, makeRequest } from '#pki/authority/request';
import { leadingTo } from '#pki/revocation/path';
import { installedFiles, ownFolder, readOptional, splitPem } from '../credentials.js';
import { replaceFile } from '../state.js';
import { dueOf } from './due.js';
import { authoritiesOf, certify, EstDenied, EstFailed, type Est, type Proof } from './est.js';
import { markUsed, newSecretIn, secretIn } from './secret.js';

export interface Enrolling {
  readonly folder: string;
  readonly serial: string;
  readonly url: URL;
  readonly revocation: Est['revocation'];
  readonly signal: AbortSignal;
}

export interface Enrolment {
  readonly what: 'enrolled' | 'renewed';
  readonly certificate: X509Certificate;
}

/** Does what is due, or with `now` the next step anyway; null: nothing was. Throws EstFailed. */
export async function enrol(enrolling: Enrolling, now: boolean): Promise<Enrolment | null> {
  const { folder, url, revocation, signal } = enrolling;
  const identity = await readOptional(join(folder, installedFiles.identity));
  const held = identity === null ? null : heldIn(identity);
  const due = dueOf(held?.leaf ?? null, new Date());
  if (due.what === 'nothing' && !now) return null;
  const authorities = await readOptional(join(folder, installedFiles.authorities));
  if (authorities === null)
    throw new EstFailed(
      `${installedFiles.authorities} is missing: without it the EST server cannot be known`,
      true,
    );
  const first: Proof = held && due.what !== 'enrol' ? held : await secretIn(folder);
  const est = { url, authorities, revocation, signal };
  const issuers = await authoritiesOf(est);
  const pair = await pendingKey(folder);
  const request = makeRequest(pair, { CN: enrolling.serial, serialNumber: enrolling.serial }, []);
  const der = derOfRequestPem(request, 'the request');
  const { got, proof } = await certifiedBy(first, folder, (by) => certify(est, by, der));
  const certificate = ownIn(got, pair, enrolling.serial);
  const chain = leadingTo(certificate, [...got, ...issuers]);
  const text = [certificate, ...chain].map(String).join('') + plainPem(pair.privateKey);
  if ('password' in proof) await markUsed(folder, proof);
  await replaceFile(join(folder, installedFiles.identity), text, true);
  await rm(pendingFile(folder), { force: true });
  return { what: 'key' in proof ? 'renewed' : 'enrolled', certificate };
}

/** The certificate in use, or the one that would be if it were whole. Throws EstFailed. */
function heldIn(identity: string): {
  readonly key: string;
  readonly certificate: string;
  readonly leaf: X509Certificate;
} {
  try {
    const pair = splitPem(identity);
    return { ...pair, leaf: new X509Certificate(pair.certificate) };
  } catch {
    throw new EstFailed(
      `${installedFiles.identity} cannot be read: remove it, and the device enrols anew`,
      true,
    );
  }
}

type Ask = (proof: Proof) => Promise<readonly X509Certificate[]>;

interface Certified {
  readonly got: readonly X509Certificate[];
  readonly proof: Proof;
}

/** By the certificate that it has; where that is not taken, as one that was revoked, by a secret that was put in since. Throws EstFailed. */
async function certifiedBy(proof: Proof, folder: string, ask: Ask): Promise<Certified> {
  try {
    return { got: await ask(proof), proof };
  } catch (error) {
    if (!(error instanceof EstDenied && 'key' in proof)) throw error;
    const secret = await newSecretIn(folder);
    if (secret) return await certifiedAnew(secret, error, ask);
    const out = `where that is about its certificate, it enrols anew with a new secret in ${installedFiles.secret}`;
    throw new EstFailed(`${error.message}; ${out}`, true, error.retryAfterMs);
  }
}

/** Throws EstFailed with both reasons: the first is why, the second may be how to go on. */
async function certifiedAnew(proof: Proof, denied: EstDenied, ask: Ask): Promise<Certified> {
  try {
    return { got: await ask(proof), proof };
  } catch (error) {
    if (!(error instanceof EstFailed)) throw error;
    const message = `${denied.message}; by the new secret: ${error.message}`;
    throw new EstFailed(message, error.refused, error.retryAfterMs);
  }
}

const pendingFile = (folder: string): string => join(folder, ownFolder, 'enrolling.pem');

/** Kept until the answer is there: who asks again after a lost answer asks for the same key. */
async function pendingKey(folder: string): Promise<KeyPairKeyObjectResult> {
  const kept = await readOptional(pendingFile(folder));
  const found = kept === null ? null : keyIn(kept);
  if (found) return found;
  const pair = await generateKey('p256');
  await mkdir(join(folder, ownFolder), { recursive: true, mode: 0o700 });
  await replaceFile(pendingFile(folder), plainPem(pair.privateKey), true);
  return pair;
}

function keyIn(pem: string): KeyPairKeyObjectResult | null {
  try {
    const privateKey = createPrivateKey(pem);
    return { privateKey, publicKey: createPublicKey(pem) };
  } catch {
    return null;
  }
}

/** The one for the key, and for this device. Throws EstFailed. */
function ownIn(
  got: readonly X509Certificate[],
  { publicKey }: KeyPairKeyObjectResult,
  serial: string,
): X509Certificate {
  const own = got.find((certificate) => sameKey(certificate.publicKey, publicKey));
  if (!own) throw new EstFailed('the EST server answers with a certificate for another key', true);
  const { serialNumber }: Record<string, unknown> = { ...own.toLegacyObject().subject };
  if (typeof serialNumber === 'string' && serialNumber.toUpperCase() === serial.toUpperCase()) return own;
  throw new EstFailed('the EST server answers with a certificate for another serial number', true);
}
