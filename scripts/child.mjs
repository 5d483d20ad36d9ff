// Programs run to their end.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const outputCharactersMax = 20_000;

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
 * A terminal sends Ctrl-C to both, so that one is not handed on.
 */
export function inPlace(command, argumentList, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, argumentList, { stdio: 'inherit', ...options });
    const signals = ['SIGTERM', 'SIGHUP', 'SIGINT'];
    const handOn = (signal) => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    };
    for (const signal of signals) process.on(signal, handOn);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      for (const each of signals) process.off(each, handOn);
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}
