// Whether a privacy password is another than the device's. What was encrypted with another key is no message to it any more: snmpd
// drops it as such, without a Report. Who answers what is signed alone is there, and knows the user and his other password.
import snmp from 'net-snmp';
import type { SnmpTarget } from './access.js';
import { getAll } from './ask.js';
import { Line } from './line.js';

/** sysObjectID: what everybody may know, as it is asked for in clear. */
const asked = ['1.3.6.1.2.1.1.2.0'];

/**
 * Asked once more after silence to what was encrypted: signed alone, then encrypted again, as a device that was busy is one with the
 * right password. Only an answer that is signed counts: no Report, which anybody could say. False also where `signal` ends it.
 */
export async function isPrivacyOther(target: SnmpTarget, signal: AbortSignal): Promise<boolean> {
  const { access } = target;
  if (access.version !== 'v3' || !access.priv) return false;
  const signedAlone = { ...target, access: { ...access, priv: null } };
  return (await answers(signedAlone, signal)) === 'answered' && (await answers(target, signal)) === 'silent';
}

async function answers(target: SnmpTarget, signal: AbortSignal): Promise<'answered' | 'silent' | 'neither'> {
  const line = new Line(target);
  const giveUp = (): void => line.end(signal.reason);
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    if (signal.aborted) return 'neither';
    line.begin();
    await Promise.race([line.session.then((session) => getAll(session, asked)), line.broken]);
    return 'answered';
  } catch (error) {
    if (error instanceof snmp.RequestFailedError) return 'answered';
    return line.met && error instanceof snmp.RequestTimedOutError ? 'silent' : 'neither';
  } finally {
    signal.removeEventListener('abort', giveUp);
    line.end(new Error('asked'));
  }
}
