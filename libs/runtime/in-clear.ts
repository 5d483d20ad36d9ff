// Passwords, serial numbers and events do not cross a network in clear.

/** Addresses of this machine alone. */
const loopback = /^(?:localhost|127(?:\.\d+){3}|\[::1\]|)$/;
const withTls = ['require', 'verify-ca', 'verify-full'];

/** Whether what goes to this address could be read on the way. @param address a right one, amqp or postgres */
export function inClear(address: string): boolean {
  const { protocol, hostname, searchParams } = new URL(address);
  if (loopback.test(hostname)) return false;
  return protocol !== 'amqps:' && !withTls.includes(searchParams.get('sslmode') ?? '');
}
