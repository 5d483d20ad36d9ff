// `muster ca enrol`: lets a device get its first certificate by itself (EST, RFC 7030).
import { randomBytes } from 'node:crypto';
import { textOfNames } from '#pki/authority/alternative-names';
import { namesIn } from '../authority.js';
import { makeSecret, removeSecret } from '../secrets.js';
import { type Command, misused, none, read, say, wholeOf, withBooks } from './words.js';

const help = `muster ca enrol --device SERIAL-NUMBER | --any
                           makes a secret with which that device, or any one device, enrols once; prints user and password
  --reusable               not once, but as often as it likes until it ends: for a device that loses its certificate
  --hours N                how long it holds (72)
  --names NAMES            of --device: other names for its certificate, as 'DNS:printer.example, IP:10.1.2.3'; what the
                           device itself asks for is not heard
  --remove USER            takes a secret back`;

const options = {
  device: { type: 'string' },
  any: { type: 'boolean' },
  reusable: { type: 'boolean' },
  hours: { type: 'string' },
  names: { type: 'string' },
  remove: { type: 'string' },
} as const;

export const enrol: Command = {
  help,
  run: (words) => {
    const { values, positionals } = read(words, options);
    none(positionals);
    const { device, remove } = values;
    if (remove !== undefined) {
      withBooks(values, (books) => removeSecret(books, remove));
      return say(
        `${remove} is taken back; certificates that were made with it stay: see muster ca revoke --device`,
      );
    }
    if ((device === undefined) === !values.any) throw misused('say --device SERIAL-NUMBER, or --any');
    if (device !== undefined && !/^[A-Z0-9-]{4,32}$/.test(device))
      throw misused(`a serial number has 4 to 32 capital letters, digits, hyphens; "${device}" has not`);
    if (device === undefined && (values.names !== undefined || values.reusable))
      throw misused('--names and --reusable are for one device: a secret for any would open the door to all');
    const hours = wholeOf('--hours', values.hours ?? '72', 100_000);
    const name = device ?? `any-${randomBytes(6).toString('hex')}`;
    const secret = withBooks(values, (books) =>
      makeSecret(books, {
        name,
        device: device ?? null,
        names: textOfNames(namesIn(values.names)),
        reusable: values.reusable ?? false,
        until: new Date(Date.now() + hours * 3_600_000),
      }),
    );
    return say(`${name} ${secret}`);
  },
};
