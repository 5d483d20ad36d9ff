// What each gateway presents, and what keys can be sealed to: as the gateways said it last.
import { createPublicKey, hash } from 'node:crypto';
import type { Presented, ServiceReport } from '#events/service';
import type { Tx } from '#store/store';

export interface GatewayShown extends Presented {
  readonly gateway: string;
  /** Of its sealing key, SHA-256: what its log says, and what `muster ca gateways --admit` takes. */
  readonly sealingFingerprint: string | null;
  /** The same key as PEM, for `muster ca export --seal-to`. */
  readonly sealingPem: string | null;
  readonly heardAt: Date;
}

const gatewaysMax = 200;

/** Those heard within a day that were not stopped. @param only in one process, its own name */
export async function gateways(on: Pick<Tx, 'query'>, only: string | null): Promise<readonly GatewayShown[]> {
  const rows = await on.query<{ instance: string; edge: ServiceReport['edge']; heardAt: Date }>(
    `select instance, body->'edge' as edge, heard_at as "heardAt" from console.instance
     where service = 'gateway' and state <> 'stopped' and ($1::text is null or instance = $1)
     order by instance limit ${gatewaysMax}`,
    [only],
  );
  return rows.flatMap(({ instance, edge, heardAt }) =>
    edge ? [{ ...edge, gateway: instance, heardAt, ...sealing(edge.sealingKey) }] : [],
  );
}

function sealing(key: string | null): Pick<GatewayShown, 'sealingFingerprint' | 'sealingPem'> {
  const nothing = { sealingFingerprint: null, sealingPem: null };
  if (key === null) return nothing;
  const der = Buffer.from(key, 'base64');
  try {
    const pem = createPublicKey({ key: der, format: 'der', type: 'spki' }).export({
      type: 'spki',
      format: 'pem',
    });
    return { sealingFingerprint: hash('sha256', der, 'hex'), sealingPem: pem.toString() };
  } catch {
    // Whatever calls itself a gateway may have said it.
    return nothing;
  }
}
