// What a case left behind, read by tools that nobody here wrote: tshark for the capture, the kernel's own list of states.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRefusal, type Expected, type WireCase } from './cases.js';

/** Served by who answers, and nowhere in the capture in clear. */
export const page = 'this page travels by ESP and by nothing else\n';

/** What is not as it should be; empty: all is well. */
export function faultsOf(folder: string, of: WireCase): readonly string[] {
  const text = (...path: readonly string[]): string => {
    const file = join(folder, ...path);
    return existsSync(file) ? readFileSync(file, 'latin1') : '';
  };
  const faults: string[] = [];
  const capture = join(folder, 'capture.pcap');
  if (text('capture.pcap').includes(page.trim())) faults.push('the page is in the capture in clear');
  const clear = tshark(capture, of.six === true ? 'tcp && ipv6' : 'tcp && ip', ['frame.number']);
  if (clear.length > 0) faults.push(`${clear.length} packets of TCP in clear`);
  const came = text('page') === page;
  for (const end of ['host', 'device'])
    if (!/^successfully loaded [1-9]/m.test(text(end, 'loaded')))
      faults.push(`${end} did not load: ${text(end, 'loaded')}`);
  if (isRefusal(of.expected)) {
    const { by, because } = of.expected;
    const log = text(by, 'log');
    if (came) faults.push('the page came through');
    // What the kernel still asks keys for has the number 0.
    for (const end of ['host', 'device'])
      if (/proto esp spi 0x(?!00000000)/.test(text(end, 'state'))) faults.push(`${end} has keys for data`);
    return because.test(log)
      ? faults
      : [...faults, `not refused because of ${because}, by ${by}: ${log.slice(-2500)}`];
  }
  if (!came) return [...faults, `the page did not come: ${text('host', 'log').slice(-1500)}`];
  return [
    ...faults,
    ...faultsOfNegotiation(capture, of.expected),
    ...faultsOfPackets(capture, of.expected),
    ...faultsOfState(text('host', 'state'), of.expected),
  ];
}

/** The responder's first packet: what it chose, once each. */
function faultsOfNegotiation(capture: string, expected: Expected): readonly string[] {
  const attribute = (name: string): string => `isakmp.ike.attr.${name}`;
  const fields = ['version', 'exchangetype'].map((name) => `isakmp.${name}`);
  const chosen = ['authentication_method', 'group_description', 'life_duration'].map(attribute);
  const answers = 'isakmp && isakmp.rspi != 00:00:00:00:00:00:00:00 && isakmp.typepayload == 1';
  const [first = ''] = tshark(capture, answers, [...fields, ...chosen]);
  const [version, exchange, method, group, life] = first.split('\t').map((value) => Number(value));
  const { ikeSeconds = 28_800 } = expected;
  const wanted = {
    version: 0x10,
    exchange: 2,
    method: expected.method,
    group: expected.group,
    life: ikeSeconds,
  };
  const seen = { version, exchange, method, group, life };
  return JSON.stringify(seen) === JSON.stringify(wanted)
    ? []
    : [`negotiated ${JSON.stringify(seen)} instead of ${JSON.stringify(wanted)} (${first})`];
}

function faultsOfPackets(capture: string, { udp = false }: Expected): readonly string[] {
  const plain = tshark(capture, 'esp && !udp', ['esp.spi']).length;
  const inUdp = tshark(capture, 'esp && udp.port == 4500', ['esp.spi']).length;
  const [wanted, other] = udp ? [inUdp, plain] : [plain, inUdp];
  return wanted > 4 && other === 0 ? [] : [`${plain} packets of ESP, and ${inUdp} of ESP in UDP`];
}

function faultsOfState(state: string, { ipsecSeconds = 3_600 }: Expected): readonly string[] {
  const faults: string[] = [];
  if (!/proto esp .* mode transport/.test(state) || / mode tunnel/.test(state))
    faults.push('no transport mode');
  // Both offer all from the minimum up, strongest first.
  if (!/aead rfc4106\(gcm\(aes\)\) .* \(288 bits\)/.test(state)) faults.push('encryption is not AES-256-GCM');
  const hard = [...state.matchAll(/expire add: soft [1-9]\d*\(sec\), hard (\d+)\(sec\)/g)].map(([, each]) =>
    Number(each),
  );
  if (hard.length === 0 || hard.some((each) => each !== ipsecSeconds))
    faults.push(`keys for data live ${hard.join(', ')} s`);
  return faults;
}

/** One line a packet, its fields with tabs between. */
function tshark(capture: string, filter: string, fields: readonly string[]): readonly string[] {
  const words = ['-r', capture, '-Y', filter, '-T', 'fields', ...fields.flatMap((field) => ['-e', field])];
  const said = execFileSync('tshark', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return said.split('\n').filter((line) => line !== '');
}
