// A file of rules, as it was written.
import { readFileSync } from 'node:fs';
import { messageOf } from '#events/message-of';
import { UsageError } from '../words.js';

const bytesMax = 1_000_000;

/** What is in it, not checked yet. Throws UsageError. */
export function readRules(file: string): unknown {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file === '-' ? 0 : file);
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${messageOf(error)}`);
  }
  if (bytes.length > bytesMax) throw new UsageError(`${file} is longer than ${bytesMax} bytes.`);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch (error) {
    throw new UsageError(`${file} is not JSON: ${messageOf(error)}`);
  }
}
