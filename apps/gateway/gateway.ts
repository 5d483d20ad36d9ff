// The TLS edge: the only process of the bus that a device can reach. It has no database and no authority's key; it fetches
// lists of the revoked, asks OCSP, judges transport, and gives what it admits, and what it refused, to the bus.
//
//   gateway.ts       the service: identity, edge configuration, door, in order
//   config.ts        its environment        edge.ts  the operators' settings for it, by the bus
//   tls.ts           how it speaks TLS      door.ts  who gets in, how many, when they leave
//   sources.ts       how often and how many at a time from where
//   overflow.ts      how many connections the system turned away before we saw them
//   proxies.ts       load balancers in front, and proxy-header.ts: what they say
//   conversation.ts  one connection's announcements, answered
//   judge.ts         the rule: who may announce what      trust.ts  whom the operator trusts, and who was revoked
//   intake.ts        stored, then acknowledged; event-id.ts: one id for one announcement
//   keeping.ts       on the broker, or else in the spool; spool/spool.ts has the map of its folder
//   meters.ts        what is counted        complaints.ts  one line of the log for each peer turned away
//   refusals.ts      who was turned away, summed up for the page
//   presented.ts     which identity devices are shown       expiry.ts  certificates that end soon
//   staple.ts        what its issuer's responder says of that identity goes along
import { Answering } from '#announce/answer';
import type { Event } from '#events/event';
import { identityIn } from '#pki/identity';
import type { Credentials } from '#pki/certificate';
import { sealingKeyIn, type SealingKey } from '#pki/seal';
import type { EdgeService, Parts, Running } from '#runtime/service';
import { Complaints } from './complaints.js';
import { answeringLimits, readGatewayConfig, type GatewayConfig } from './config.js';
import { Conversation, type Office } from './conversation.js';
import { Door } from './door.js';
import { Edge } from './edge.js';
import { ExpiryWatch, meterExpiry, watchExpiry } from './expiry.js';
import { changedAnswer, Intake } from './intake.js';
import type { Rules } from './judge.js';
import { Keeping } from './keeping.js';
import { gatewayMeters, meterFullness } from './meters.js';
import { meterOverflow } from './overflow.js';
import { ChosenIdentity } from './presented.js';
import { Refusals } from './refusals.js';
import { meterSpool } from './spool/meters.js';
import { Spool } from './spool/spool.js';
import { stapleOf } from './staple.js';
import { contextOptions } from './tls.js';
import { EdgeTrust, meterTrust } from './trust.js';

export interface Gateway extends Running {
  /** Where it listens. */
  readonly port: number;
}

export const gateway = {
  name: 'gateway',
  stored: false,
  config: readGatewayConfig,
  start: openGateway,
} satisfies EdgeService<GatewayConfig>;

export async function openGateway(parts: Parts<GatewayConfig>): Promise<Gateway> {
  const { config, log, meter, bus } = parts;
  const identity = new ChosenIdentity({
    own: await ownIdentity(config),
    sealing: await sealingKey(config, log),
    log,
  });
  const refusals = new Refusals({ bus, gateway: parts.instance });
  const complaints = new Complaints(log, undefined, (told) => refusals.note(told));
  const meters = gatewayMeters(meter);
  const unconfirmedMax = config.MUSTER_GATEWAY_UNCONFIRMED_MAX;
  const spool = await spoolOf(parts);
  const office: Office = {
    intake: new Intake({ keeping: new Keeping({ bus, spool }), complaints, unconfirmedMax }),
    meters,
    complaints,
    refusals,
    log,
    holds: (rules) => rules.edge === edge.current,
  };
  const trust = new EdgeTrust({
    log,
    folder: config.MUSTER_GATEWAY_CRL_DIR ?? null,
    keptIn: config.MUSTER_GATEWAY_CRL_CACHE_DIR ?? null,
  });
  meterTrust(meter, trust);
  const staple = stapleOf(parts, () => identity.current);
  const rules = (): Rules | null => edge.current && { edge: edge.current, trust: trust.current };
  const door = new Door({
    config,
    context: contextOptions(config, identity.current.credentials, []),
    meters,
    complaints,
    staple,
    serve: (socket, guest) =>
      new Answering(socket, new Conversation(socket, guest, rules(), office), answeringLimits(config)),
    changed: changedAnswer,
  });
  meterFullness(meter, () => ({
    connections: door.connections,
    unconfirmed: office.intake.unconfirmed,
    sources: door.sources,
  }));
  meterOverflow(meter);
  const expiry = new ExpiryWatch(
    () => ({ identity: identity.current.certificate, authorities: trust.current.pem }),
    log,
  );
  meterExpiry(meter, () => identity.current.certificate);
  const edge = new Edge(config.MUSTER_EDGE_CACHE_FILE, log, (configuration) => {
    trust.follow(configuration);
    identity.follow(configuration.identity);
    door.change(contextOptions(config, identity.current.credentials, trust.current.pem));
    staple?.look();
    expiry.look();
  });
  await edge.follow(bus);
  const port = await door.listen();
  const watching = watchExpiry(expiry, log);
  log.info(
    { code: 'tlsOn', host: config.MUSTER_ANNOUNCE_HOST, port, ...identity.report().identity },
    'TLS is on: devices can announce themselves here',
  );
  return {
    port,
    problems: () => [
      ...(edge.current ? [] : ['no edge configuration was seen yet']),
      ...trust.problems(),
      // While the bus takes everything, nobody needs the spool.
      ...(spool?.problem && !bus.status().connected ? [spool.problem] : []),
    ],
    figures: () => ({ spool: spool?.status ?? null, edge: identity.report() }),
    carriesOn: () => spool !== null && spool.problem === null,
    stop: async () => {
      await watching.stop();
      await door.stop();
      await edge.stop();
      await trust.stop();
      await staple?.stop();
      await refusals.stop();
      await spool?.stop();
    },
  };
}

async function spoolOf({ config, log, meter, bus }: Parts<GatewayConfig>): Promise<Spool | null> {
  const { MUSTER_GATEWAY_SPOOL_DIR: dir, MUSTER_GATEWAY_SPOOL_MAX_MB: megabytes } = config;
  if (dir === undefined) return null;
  const publish = (event: Event) => bus.publish([event]);
  const spool = await Spool.open({ dir, bytesMax: megabytes * 1_000_000, publish, log });
  meterSpool(meter, () => spool.status);
  return spool;
}

/** Null where it cannot be kept: then it presents its own identity only. */
async function sealingKey(config: GatewayConfig, log: Parts['log']): Promise<SealingKey | null> {
  const folder = config.MUSTER_GATEWAY_IDENTITY_DIR;
  if (folder === undefined) return null;
  try {
    const key = await sealingKeyIn(folder);
    log.info(
      { sealingKey: key.fingerprint },
      'Keys of identities are sealed to this gateway under this fingerprint',
    );
    return key;
  } catch (error) {
    log.warn({ error, folder }, 'No sealing key can be kept: this gateway presents its own identity only');
    return null;
  }
}

function ownIdentity(config: GatewayConfig): Promise<Credentials> {
  const { MUSTER_GATEWAY_KEY_FILE: key, MUSTER_GATEWAY_CERTIFICATE_FILE: certificate } = config;
  if (key !== undefined && certificate !== undefined) return Promise.resolve({ key, certificate });
  return identityIn(config.MUSTER_GATEWAY_IDENTITY_DIR ?? '', { commonName: 'muster' });
}
