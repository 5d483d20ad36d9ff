// Programs run to their end.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';

const outputCharactersMax = 20_000;
const lookEveryMs = 500;

/** Runs a program quietly. Resolves with its exit code and the end of what it said. */
export function quietly(command, argumentList, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, argumentList, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk) => (output = (output + chunk).slice(-outputCharactersMax));
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/**
 * Runs a program in this one's place: same terminal, signals handed on. Resolves with the exit code to end with.
 * A terminal sends Ctrl-C to both, so that one is not handed on. The program ends when npm goes.
 */
export function inPlace(command, argumentList, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, argumentList, { stdio: 'inherit', ...options });
    const signals = ['SIGTERM', 'SIGHUP', 'SIGINT'];
    const handOn = (signal) => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    };
    for (const signal of signals) process.on(signal, handOn);
    const unwatch = whenNpmGoes(() => child.kill('SIGTERM'));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      unwatch();
      for (const each of signals) process.off(each, handOn);
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}

/**
 * npm hands SIGTERM on to its shell alone. That one dies of it, npm after it, and this process would be left behind with
 * whatever it runs: so it looks whether they are there. Nothing is watched when it was not npm that started it, as a
 * program started in the background outlives its shell. Returns how to stop watching.
 */
export function whenNpmGoes(then) {
  if (process.env.npm_lifecycle_event === undefined) return () => {};
  const parents = parentsOf();
  const watch = setInterval(() => {
    if (parentsOf() === parents) return;
    clearInterval(watch);
    then();
  }, lookEveryMs);
  watch.unref();
  return () => clearInterval(watch);
}

/** Who started us: a shell for the script, then npm; npm alone where shells make way for their last command. */
function parentsOf() {
  const { ppid } = process;
  try {
    const [, option] = readFileSync(`/proc/${ppid}/cmdline`, 'utf8').split('\0');
    if (option !== '-c') return String(ppid);
    return `${ppid} ${/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${ppid}/status`, 'utf8'))?.[1]}`;
  } catch {
    return String(ppid);
  }
}

/** Kills what it was told of once this process is gone, however it went: it reads from a pipe that only we hold. */
export function startGuard() {
  const script =
    'pids=; while read -r pid; do pids="$pids $pid"; done; [ -z "$pids" ] || kill -s KILL $pids 2>/dev/null';
  const child = spawn('sh', ['-c', script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  child.stdin.on('error', () => {});
  child.unref();
  child.stdin.unref?.();
  return { watch: (pid) => child.stdin.write(`${pid}\n`), end: () => child.kill('SIGKILL') };
}
