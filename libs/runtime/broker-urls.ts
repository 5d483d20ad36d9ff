// Addresses of the broker with the password from its file: it never stands in the environment or in a log.

export interface BrokerConfig {
  /** Each of them right. */
  readonly MUSTER_AMQP_URL: readonly string[];
  readonly MUSTER_AMQP_PASSWORD_FILE?: string | undefined;
}

export function brokerUrls({
  MUSTER_AMQP_URL: addresses,
  MUSTER_AMQP_PASSWORD_FILE: password,
}: BrokerConfig): readonly string[] {
  return addresses.map((address) => {
    const url = new URL(address);
    if (password !== undefined) url.password = encodeURIComponent(password);
    return url.href;
  });
}
