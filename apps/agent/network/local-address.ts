// The address that a server sees this machine at.
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';

/** The source address the system would choose towards `address`; nothing is sent. */
export async function localAddressTowards(address: string, port: number): Promise<string> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.connect(port, address, resolve);
    });
    return socket.address().address;
  } finally {
    socket.close();
  }
}

/** The hardware address of the interface that has `ip`; null: none has, or it has none. */
export function hardwareAddressOf(ip: string): string | null {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const mac = all.find(({ address }) => address === ip)?.mac ?? '';
  return mac === '' || mac === '00:00:00:00:00:00' ? null : mac.toLowerCase();
}
