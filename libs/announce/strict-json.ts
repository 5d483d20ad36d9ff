// JSON that no two parsers read differently: valid UTF-8, no key twice in an object, no `__proto__`, not deep.
import { isUtf8 } from 'node:buffer';
import { Malformed } from './malformed.js';

/** How deep objects and arrays may nest. */
export const depthMax = 16;

/** Throws Malformed. The text is bounded by the frame already, so JSON.parse (which does not recurse) may see it first. */
export function parseStrictly(frame: Buffer, deepest: number = depthMax): unknown {
  if (!isUtf8(frame)) throw new Malformed('notUtf8', 'the line is not valid UTF-8');
  const text = frame.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Malformed('notJson', 'the line is not a JSON object');
  }
  inspect(text, deepest);
  return value;
}

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;

/** Walks text that is valid JSON: depth, and the keys of each object. */
function inspect(text: string, deepest: number): void {
  const keys: Set<string>[] = [];
  let [keyStart, keyEnd] = [0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      keyStart = at;
      keyEnd = endOfString(text, at);
      at = keyEnd;
    } else if (code === colon) {
      noteKey(keys.at(-1), text.slice(keyStart, keyEnd + 1));
    } else if (code === 0x7b || code === 0x5b) {
      keys.push(new Set());
      if (keys.length > deepest)
        throw new Malformed('tooDeep', `objects and arrays may nest ${String(deepest)} deep`);
    } else if (code === 0x7d || code === 0x5d) {
      keys.pop();
    }
  }
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text.charCodeAt(at) !== quote) at += text.charCodeAt(at) === backslash ? 2 : 1;
  return at;
}

function noteKey(seen: Set<string> | undefined, quoted: string): void {
  const key = quoted.includes('\\') ? String(JSON.parse(quoted)) : quoted.slice(1, -1);
  if (key === '__proto__') throw new Malformed('badKey', 'a key must not be __proto__');
  if (seen?.has(key)) throw new Malformed('badKey', 'a key stands twice in one object');
  seen?.add(key);
}
