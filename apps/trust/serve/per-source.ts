// How many connections one address may have: a stranger takes no more than a share of what there is.
import type { Server, Socket } from 'node:net';

/** A site behind one address has its turns; requests are short. */
const perSourceMax = 50;

/** More are reset before anything is read or computed for them. */
export function limitPerSource(server: Server, refused: (from: string) => void): void {
  const open = new Map<string, number>();
  server.prependListener('connection', (socket: Socket) => {
    const from = socket.remoteAddress ?? '';
    const now = (open.get(from) ?? 0) + 1;
    if (now > perSourceMax) {
      socket.resetAndDestroy();
      return refused(from);
    }
    open.set(from, now);
    socket.once('close', () => {
      const left = (open.get(from) ?? 1) - 1;
      if (left === 0) open.delete(from);
      else open.set(from, left);
    });
  });
}
