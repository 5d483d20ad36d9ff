// The state as a person reads it.
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { periodOf } from '#pki/certificate';
import { installedFiles, readOptional } from '../credentials.js';
import type { Announcing, Enrolled } from '../state.js';

const names = {
  disabled: 'Disabled',
  inProgress: 'In Progress',
  success: 'Success',
  failed: 'Failed',
} as const;

/** How the last announcement went (R1). */
export function describe(shown: Announcing): string {
  // A server was found, which is success to a device (R1); whoever reads that takes it for more.
  const refused = shown.state === 'success' && shown.answer?.startsWith('refused') === true;
  const lines = [
    `${refused ? 'Refused' : names[shown.state]}: ${shown.detail}`,
    ...(refused ? [`state         ${names.success}, as a server was found`] : []),
    `server        ${shown.server ?? '-'}`,
    `answer        ${shown.answer ?? '-'}`,
    `last trigger  ${shown.trigger ?? '-'} at ${shown.at}`,
    ...(shown.nextAttemptAt ? [`next attempt  ${shown.nextAttemptAt}`] : []),
  ];
  return lines.join('\n');
}

export const describeEnrolled = (enrolled: Enrolled | null): string =>
  enrolled ? `${enrolled.state}: ${enrolled.detail}` : 'never tried';

/** Which certificate it shows, and how it came by it. */
export async function describeCertificate(folder: string, enrolled: Enrolled | null): Promise<string> {
  const identity = await readOptional(join(folder, installedFiles.identity));
  const lines = [`certificate   ${identity === null ? 'its own, self-signed' : endOf(identity)}`];
  if (enrolled) lines.push(`enrolment     ${describeEnrolled(enrolled)}, at ${enrolled.at}`);
  return lines.join('\n');
}

function endOf(pem: string): string {
  try {
    return `installed, in force until ${periodOf(new X509Certificate(pem)).notAfter.toUTCString()}`;
  } catch {
    return `${installedFiles.identity} cannot be read`;
  }
}

/** What a running agent takes of the machine. */
export const describeMemory = (bytes: string): string =>
  `agent         runs, in ${Math.round(Number(bytes) / 1e6)} MB of memory`;
