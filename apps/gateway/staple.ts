// What is stapled to the certificate that devices are shown: the answer of the OCSP responder that it names itself (R85).
import { Staple } from '#pki/revocation/staple';
import type { Parts } from '#runtime/service';
import type { GatewayConfig } from './config.js';
import type { Presented } from './presented.js';

/** Null: an operator wants nothing stapled. */
export function stapleOf({ config, log }: Parts<GatewayConfig>, presented: () => Presented): Staple | null {
  const wanted = config.MUSTER_GATEWAY_OCSP_URL;
  if (wanted === 'off') return null;
  const heard = (url: string, problem: string | null): void => {
    if (problem === null) log.info({ url }, 'An OCSP answer goes along with the own certificate');
    else log.warn({ url, problem }, 'No new OCSP answer about the own certificate can be had');
  };
  const shown = () => {
    const { credentials, name } = presented();
    return { certificate: credentials.certificate, own: name === null };
  };
  return new Staple({ shown, url: wanted ?? null, heard });
}
