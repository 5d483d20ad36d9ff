// The driver of SNMP: v1, v2c, and v3 with authentication and privacy. README.md says what it was tried on.
//
//   driver.ts          the driver
//   access.ts          communities and users; line.ts: a socket and net-snmp's session; session-socket.ts: what that hears
//   version.ts         which of v1 and v2c a device speaks; question.ts, ber.ts: asked before net-snmp is
//   privacy.ts         whether a privacy password is another, which looks like silence
//   conversation.ts    questions within limits; ask.ts: requests; setback.ts: what it means when one fails
//   identity.ts        who a device is               value.ts   settings as objects of a MIB
//   settings.ts        settings read and written, of the device that it must be
//   objects.ts         which objects they are there: of their own, or rows of a table
//   secrets.ts         its secrets changed            communities.ts  one community to read with, another to write
//   usm/               SNMPv3: whoever signs (header.ts, discovery.ts), keys made by a thread of their own (keys.ts,
//                      key-thread.ts, password-to-key.ts), changed (key-change.ts) and lent to net-snmp (signer.ts, loan.ts)
import { settingsCatalogue, type Catalogue } from '../catalogue.js';
import type { Driver } from '../device.js';
import type { SnmpTarget } from './access.js';
import { Conversation } from './conversation.js';
import { identifyBy } from './identity.js';
import { setSecret } from './secrets.js';
import { readBy, Writing } from './settings.js';

/** Port of a device's SNMP agent. */
export const snmpPort = 161;

const wholeMs = { identify: 10_000, read: 15_000, write: 25_000 } as const;

/** @param catalogue which objects its settings are */
export function openSnmp(target: SnmpTarget, catalogue: Catalogue = settingsCatalogue): Driver {
  const conversation = new Conversation(target);
  return {
    name: 'snmp',
    identify: (signal) =>
      conversation.ask({ name: 'identify', signal, wholeMs: wholeMs.identify }, (session) =>
        identifyBy(session, target),
      ),
    read: (keys, signal) =>
      conversation.ask({ name: 'read', signal, wholeMs: wholeMs.read }, (session) =>
        readBy(session, target, objectsOf(catalogue, keys)),
      ),
    write: async (changes, signal) => {
      const writing = new Writing(target, changes, objectsOf(catalogue, new Set(changes.keys())));
      const outcome = await conversation.ask({ name: 'write', signal, wholeMs: wholeMs.write }, (session) =>
        writing.run(session),
      );
      return writing.endedBy(outcome);
    },
    setSecret: (secret, signal) =>
      conversation.ask({ name: 'set secret', signal, wholeMs: wholeMs.write }, async (session) => {
        const who = await readBy(session, target, new Map());
        return who.kind === 'answered' ? setSecret(session, target, secret) : who;
      }),
    close: () => conversation.close(),
  };
}

const objectsOf = (catalogue: Catalogue, keys: ReadonlySet<string>) =>
  new Map(
    [...keys].flatMap((key) => {
      const way = catalogue.get(key)?.by.snmp;
      return way ? [[key, way] as const] : [];
    }),
  );
