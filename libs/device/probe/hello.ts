// The first message of a TLS handshake (RFC 5246 7.4.1.2), by hand, for what OpenSSL inside Node does not take any more: SSLv3
// (RFC 6101), and suites that are long broken. Whoever answers it in a version speaks that; the handshake goes no further.
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { elsewhere, mustNotPrint, type Door } from './knock.js';

export const helloVersions = ['SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2'] as const;
export type HelloVersion = (typeof helloVersions)[number];

const codes: Readonly<Record<HelloVersion, number>> = {
  SSLv3: 0x0300,
  TLSv1: 0x0301,
  'TLSv1.1': 0x0302,
  'TLSv1.2': 0x0303,
};

/** IANA's numbers: with AES, with or without forward secrecy; then of NULL, RC4, RC2, DES, 3DES, for export and anonymous. */
const suites = [
  ...[0xc02b, 0xc02f, 0xc02c, 0xc030, 0xc023, 0xc027, 0xc009, 0xc013, 0xc00a, 0xc014, 0x009c, 0x009d, 0x009e],
  ...[0x009f, 0x0067, 0x006b, 0xccaa, 0x003c, 0x003d, 0x002f, 0x0033, 0x0035, 0x0039, 0x0032, 0x0038],
  ...[0x0001, 0x0002, 0x0003, 0x0004, 0x0005, 0x0006, 0x0008, 0x0009, 0x000a],
  ...[0x000b, 0x000c, 0x000d, 0x000e, 0x000f, 0x0010, 0x0011, 0x0012, 0x0013, 0x0014, 0x0015, 0x0016],
  ...[0x0017, 0x0018, 0x0019, 0x001a, 0x001b, 0x0034, 0x003a],
  ...[0xc002, 0xc003, 0xc007, 0xc008, 0xc00c, 0xc00d, 0xc011, 0xc012, 0xc016, 0xc017],
];

const helloMs = 5_000;
const [handshakeRecord, clientHello, serverHello] = [22, 1, 2];

/** Whether it is answered in that version. Settles in time; when `signal` is aborted, with false. */
export function answersHello(
  { address, port }: Door,
  version: HelloVersion,
  signal: AbortSignal,
): Promise<boolean> {
  mustNotPrint(port);
  return new Promise((resolve) => {
    if (signal.aborted) return void resolve(false);
    const socket = connect({ host: address, port });
    let answer = Buffer.alloc(0);
    const end = (taken: boolean): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', late);
      socket.destroy();
      resolve(taken);
    };
    const late = (): void => end(false);
    const timer = setTimeout(late, helloMs);
    signal.addEventListener('abort', late, { once: true });
    // It stays: what comes after the end is nobody's.
    socket.on('error', late);
    socket.once('close', late);
    socket.once('connect', () =>
      elsewhere(socket, address) === null ? socket.write(helloOf(version)) : late(),
    );
    socket.on('data', (bytes: Buffer) => {
      answer = Buffer.concat([answer, bytes.subarray(0, answerMax)]);
      if (answer.length >= answerMin || answer[0] !== handshakeRecord) end(isServerHello(answer, version));
    });
  });
}

/** Head of the record, head of the message, and the version that was chosen. */
const answerMin = 5 + 4 + 2;
const answerMax = 64;

const isServerHello = (answer: Buffer, version: HelloVersion): boolean =>
  answer.length >= answerMin &&
  answer[0] === handshakeRecord &&
  answer[5] === serverHello &&
  answer.readUInt16BE(9) === codes[version];

function helloOf(version: HelloVersion): Buffer {
  const body = Buffer.concat([
    u16(codes[version]),
    randomBytes(32),
    Buffer.from([0]),
    list(Buffer.concat(suites.map(u16))),
    // Without compression.
    Buffer.from([1, 0]),
    // SSLv3 knows no extensions.
    ...(version === 'SSLv3' ? [] : [extensions]),
  ]);
  const message = Buffer.concat([Buffer.from([clientHello, 0]), list(body)]);
  // In the oldest record that a server of the version takes (RFC 5246 E.1).
  const record = Math.min(codes[version], codes.TLSv1);
  return Buffer.concat([Buffer.from([handshakeRecord]), u16(record), list(message)]);
}

const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);
const list = (content: Uint8Array): Buffer => Buffer.concat([u16(content.length), content]);
const extension = (type: number, content: Uint8Array): Buffer => Buffer.concat([u16(type), list(content)]);

/** P-256, P-384, P-521 and X25519, points as they are, any signature, no renegotiation before this (RFC 8422, 5246, 5746). */
const extensions = list(
  Buffer.concat([
    extension(10, list(Buffer.concat([0x0017, 0x0018, 0x0019, 0x001d].map(u16)))),
    extension(11, Buffer.from([1, 0])),
    extension(
      13,
      list(Buffer.concat([0x0804, 0x0401, 0x0403, 0x0501, 0x0503, 0x0201, 0x0203, 0x0202].map(u16))),
    ),
    extension(0xff01, Buffer.from([0])),
  ]),
);
