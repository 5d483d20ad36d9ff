// The trust process. Its parts are imported once telemetry has started, so that http is instrumented.
import { messageOf } from '#events/message-of';
import { ConfigError, instanceOf } from '#runtime/config';
import { helped } from '#runtime/help';
import { openLog } from '#runtime/log';
import { PortUnavailable } from '#runtime/port-unavailable';
import { startTelemetry } from '#runtime/telemetry';
import { AuthorityFault } from '#pki/authority/fault';
import { readTrustConfig } from './config.js';
import { TrustFault } from './fault.js';

const does = `serves the authority of muster ca: lists and OCSP by HTTP (MUSTER_TRUST_PORT, 3333), enrolment of devices by TLS
  (EST: MUSTER_TRUST_EST_PORT, 3332, once MUSTER_TRUST_EST_IDENTITY is set), health and metrics (MUSTER_HTTP_PORT, 3330)`;

if (!helped('trust', does)) await run().catch(fail);

async function run(): Promise<void> {
  const { env } = process;
  const config = readTrustConfig(env);
  const telemetry = startTelemetry('muster-trust', env);
  const log = openLog({
    level: config.MUSTER_LOG_LEVEL,
    fields: { service: 'trust', instance: instanceOf(env) },
  });
  const { openTrust } = await import('./trust.js');
  const trust = await openTrust(config, log, telemetry);
  const stop = async (signal: string): Promise<void> => {
    log.info({ signal }, 'Draining');
    await trust.stop();
    await telemetry.stop();
    log.info({}, 'Stopped');
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(signal));
  log.info({}, 'Started');
}

function fail(error: unknown): void {
  const kinds = [ConfigError, PortUnavailable, TrustFault, AuthorityFault];
  const expected = kinds.some((kind) => error instanceof kind);
  const told = error instanceof Error && !expected ? error.stack : messageOf(error);
  process.stderr.write(`trust cannot start: ${told ?? ''}\n`);
  process.exit(1);
}
