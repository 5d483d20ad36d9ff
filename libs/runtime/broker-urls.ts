// Addresses of the broker with the password from its file: it never stands in the environment or in a log.
import { ConfigError } from './config.js';
import { inClear } from './in-clear.js';

export interface BrokerConfig {
  /** Each of them right. */
  readonly MUSTER_AMQP_URL: readonly string[];
  readonly MUSTER_AMQP_PASSWORD_FILE?: string | undefined;
  readonly MUSTER_AMQP_CA_FILE?: string | undefined;
}

/** Throws ConfigError when whoever named an authority would get no TLS, and when a password would cross a network in clear. */
export function brokerUrls({
  MUSTER_AMQP_URL: addresses,
  MUSTER_AMQP_PASSWORD_FILE: password,
  MUSTER_AMQP_CA_FILE: authority,
}: BrokerConfig): readonly string[] {
  if (authority !== undefined && addresses.some((address) => address.startsWith('amqp:'))) {
    throw new ConfigError([
      'MUSTER_AMQP_CA_FILE is set, but an address in MUSTER_AMQP_URL is amqp://, not amqps://',
    ]);
  }
  if (addresses.some(inClear)) {
    throw new ConfigError([
      'MUSTER_AMQP_URL names another machine by amqp://, so that its password could be read on the way: use amqps://',
    ]);
  }
  return addresses.map((address) => {
    const url = new URL(address);
    if (password !== undefined) url.password = encodeURIComponent(password);
    return url.href;
  });
}
