// An address that answers nothing at all, as one does whose device was unplugged: on loopback, where every address is alive,
// by a process that listens, is stopped, and has its queue of connections full. Linux drops what else comes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { until } from './until.js';

/** One more than the backlog waits to be accepted; the rest is for good measure. */
const backlog = 1;
const fillers = 6;

export interface SilentHost {
  close(): Promise<void>;
}

export async function openSilentHost(host: string, port: number): Promise<SilentHost> {
  const listen = `require('node:net').createServer().listen(${JSON.stringify({ host, port, backlog })}, () => console.log('listens'))`;
  const child = spawn(process.execPath, ['-e', listen], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGSTOP');
  const stopped = async (): Promise<boolean> =>
    (await readFile(`/proc/${child.pid}/stat`, 'utf8')).replace(/^.*\) /, '').startsWith('T');
  await until('the listener is stopped', stopped);
  const sockets = Array.from({ length: fillers }, () => {
    const socket = connect({ host, port });
    return socket.on('error', () => undefined);
  });
  await until('its queue is full', () => sockets.filter(({ connecting }) => !connecting).length > backlog);
  return {
    close: async () => {
      for (const socket of sockets) socket.destroy();
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}
