// The thread in which passwords become keys: 2 to 4 ms each, for which nobody else in the process should have to wait.
import { parentPort } from 'node:worker_threads';
import { passwordToKey } from './password-to-key.js';

export interface KeyOrder {
  readonly hash: string;
  readonly password: string;
  readonly engineId: Uint8Array;
  /** How many: each further one is made of the one before as if that was a password (draft-reeder-snmpv3-usm-3desede). */
  readonly count: number;
}

export interface KeyAnswer {
  readonly number: number;
  readonly keys: readonly Uint8Array[];
}

const port = parentPort;
if (!port) throw new Error('keys are made by a thread of the process');

port.on('message', ({ number, order }: { readonly number: number; readonly order: KeyOrder }) => {
  const keys: Buffer[] = [];
  let from: Uint8Array = Buffer.from(order.password, 'utf8');
  while (keys.length < order.count) {
    const key = passwordToKey(order.hash, from, order.engineId);
    keys.push(key);
    from = key;
  }
  port.postMessage({ number, keys } satisfies KeyAnswer);
});
