// A question of our own by a connected socket: what must be known before net-snmp has a session.
import type { Socket } from 'node:dgram';
import snmp from 'net-snmp';

export interface Tries {
  readonly count: number;
  readonly eachMs: number;
}

export interface Question<T> {
  /** Sent with each try, all of them. */
  readonly requests: readonly Buffer[];
  /** Null: not an answer to it. */
  readonly read: (datagram: Buffer) => T | null;
}

/** Rejects with RequestTimedOutError when nothing comes that can be read. */
export async function answerTo<T>(socket: Socket, { requests, read }: Question<T>, tries: Tries): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  let left = tries.count;
  const failed = (error: Error | null): void => {
    if (error) reject(error);
  };
  const ask = (): void => {
    left -= 1;
    if (left < 0) return reject(new snmp.RequestTimedOutError('no answer'));
    try {
      for (const request of requests) socket.send(request, failed);
    } catch (error) {
      reject(error);
    }
  };
  const hear = (datagram: Buffer): void => {
    const answer = read(datagram);
    if (answer !== null) resolve(answer);
  };
  const closed = (): void => reject(new Error('closed'));
  socket.on('message', hear).once('close', closed);
  const timer = setInterval(ask, tries.eachMs);
  ask();
  return promise.finally(() => {
    clearInterval(timer);
    socket.off('message', hear).off('close', closed);
  });
}
