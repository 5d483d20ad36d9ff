// The broker's HTTP API, spoken to as the account of MUSTER_AMQP_URL.
import { Management } from '#bus/rabbit/management';
import { brokerUrls } from '#runtime/broker-urls';
import type { busShape, Config } from '#runtime/config';

export function managementOf(url: string, config: Config<typeof busShape>): Management {
  const [account = ''] = brokerUrls(config);
  return new Management({ url, account, authority: config.MUSTER_AMQP_CA_FILE ?? null });
}
