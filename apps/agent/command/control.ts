// How a second process speaks to the agent that runs in a state folder: one word each way over a socket in it.
import { rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';

export type Command = 'announce' | 'reset' | 'enrol';
const commands: readonly string[] = ['announce', 'reset', 'enrol'] satisfies readonly Command[];

const isCommand = (text: string): text is Command => commands.includes(text);
const wordLengthMax = 16;
const answerTimeoutMs = 60_000;

/** Thrown when an agent runs in the folder already. */
export class AlreadyRunning extends Error {
  override readonly name = 'AlreadyRunning';
}

const socketIn = (folder: string): string => join(folder, 'control.sock');

/** Takes commands until the returned function is called; whoever has a folder's socket has the folder. */
export async function takeCommands(
  folder: string,
  handle: (command: Command) => Promise<string>,
): Promise<() => Promise<void>> {
  if ((await ask(folder, 'ping')) !== null) throw new AlreadyRunning(`An agent runs in ${folder} already.`);
  // What is there now is of one that was killed.
  await rm(socketIn(folder), { force: true });
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let word = '';
    socket.setEncoding('utf8').setTimeout(answerTimeoutMs, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('data', (text: string) => {
      word += text;
      if (word.length > wordLengthMax) socket.destroy();
    });
    socket.on('end', () => {
      // What it takes of memory is the answer to whether it is there.
      if (!isCommand(word))
        return void socket.end(word === 'ping' ? String(process.memoryUsage.rss()) : 'unknown command');
      handle(word).then(
        (answer) => socket.end(answer),
        (error: unknown) => socket.end(String(error)),
      );
    });
  });
  await listen(server, socketIn(folder));
  return () => new Promise((resolve) => server.close(() => resolve()));
}

/** Has the running agent do something and returns its answer, to `ping` its memory in bytes; null when none runs in the folder. */
export async function ask(folder: string, command: Command | 'ping'): Promise<string | null> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(socketIn(folder));
    socket.setEncoding('utf8').setTimeout(answerTimeoutMs, () => socket.destroy(new Error('no answer')));
    socket.on('connect', () => socket.end(command));
    socket.on('data', (text: string) => (answer += text));
    socket.on('end', () => resolve(answer));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(null);
      else reject(error);
    });
  });
}

const listen = (server: Server, path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject).listen(path, resolve);
  });
