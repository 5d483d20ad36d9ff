// One set-up at a time: two terminals that run `npm start` and `npm test` must not install over each other.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { inRoot, Trouble } from './project.mjs';

const path = inRoot('.runtime', 'setup.lock');
const waitMsMax = 15 * 60_000;

/** Runs `work` while no other process of this folder does. */
export async function exclusively(work) {
  mkdirSync(inRoot('.runtime'), { recursive: true });
  const deadline = Date.now() + waitMsMax;
  for (let told = false; !take(); told = true) {
    const holder = Number(read());
    if (holder > 0 && !alive(holder)) rmSync(path, { force: true });
    else if (Date.now() > deadline)
      throw new Trouble(`Process ${holder} still sets up. End it, or delete ${path}.`);
    else {
      if (!told)
        process.stderr.write(`Setting up: waiting for process ${holder || '?'}, which does the same\n`);
      await sleep(200);
    }
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function take() {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw new Trouble(`Cannot write ${path}: ${error.message}`);
  }
}

function read() {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
