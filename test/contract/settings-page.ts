// deploy/settings.md, made from the settings catalogue.
import { inOrder } from '../../libs/documents/baselines.js';
import { settingsCatalogue } from '../../libs/device/catalogue.js';
import {
  askedOf,
  type Setting,
  type SettingType,
  type SnmpObject,
  type Protocols,
} from '../../libs/device/catalogue/setting.js';
import { namedOf, requiredWord, valueWord } from '../../libs/device/catalogue/words.js';

const settings = [...settingsCatalogue.values()];
const bySnmp = settings.filter(({ by }) => by.snmp);
const kept = settings.filter(({ credential }) => credential !== null);
const probed = settings.filter(({ by }) => by.ipp ?? by.probe);

/** The text of deploy/settings.md. */
export function settingsPage(): string {
  const categories = Map.groupBy(settings, ({ category }) => category);
  return `# Settings
Written by \`npm run settings\` from [the catalogue](../libs/device/catalogue.ts); a test fails while it is out of date.

What a [policy](policies.md) can ask of a device: ${settings.length} settings. All of them but ${kept.length}, of the category Credentials, can be
had over the [open device API](../apps/agent/DEVICE-API.md). Without it, ${bySnmp.length} can be read over SNMP alone and
${bySnmp.filter(({ by }) => by.snmp?.writable).length} of those set; ${probed.length} can be judged from outside, by IPP, by TLS and
by knocking at ports. Which of them a device really has is found out on the device: what it lacks is _not supported_.

- _Asked for_ is what hardening guides want, and what the policies that come with Muster require where they name the setting.
- _SNMP_ names the object, of HP's JetDirect and LaserJet MIBs or of the Printer MIB (RFC 3805); _r_ read, _rw_ read and set;
  \`.*\` each row of its kind.
- _cuts off_: a change can cut Muster off from the device. It is written last.
- _assessed only_: Muster reads it and reports it, and cannot set it.
- _the site decides_: its baselines name no value, or allow each; a row of it holds where the device is as its policy requires. Of
  any other setting a row holds where the device has what is asked for, whatever its policy requires.
- Baselines: rows of DISA's STIG for multifunction devices, and controls of NIST SP 800-53. Which setting answers which row is
  Muster's own reading. \`muster compliance\` and \`GET /api/compliance\` count devices by them.

${[...categories].map(([title, members]) => section(title, members)).join('\n')}
## By baseline

${table(['Row', 'Settings'], baselineRows())}`;
}

const section = (title: string, members: readonly Setting[]): string => `## ${title}

${table(['Setting', 'Values', 'Asked for', 'Severity', 'SNMP', 'Else', 'Baselines'], members.map(rowOf))}`;

function rowOf(setting: Setting): readonly string[] {
  const { key, title, type, severity, why, maps, readOnly, cutsOff, siteDecides, by } = setting;
  const notes = [
    readOnly && 'assessed only',
    cutsOff && 'cuts off',
    siteDecides && 'the site decides',
  ].filter((note) => note !== false);
  const named = namedOf(setting);
  return [
    `**${title}** \`${key}\`${notes.map((note) => `, _${note}_`).join('')}<br>${why}`,
    valuesOf(type, setting),
    requiredWord(askedOf(setting), named),
    severity,
    by.snmp ? snmpWord(by.snmp) : '',
    elsewhere(by),
    maps.join(', '),
  ];
}

const snmpWord = ({ oid, writable, row, or }: SnmpObject): string =>
  [`\`${oid}${row ? '.*' : ''}\` ${writable ? 'rw' : 'r'}`, or && `else ${snmpWord(or)}`]
    .filter((each) => each !== undefined)
    .join(', ');

function valuesOf(type: SettingType, setting: Setting): string {
  const word = (value: string | number | boolean): string => valueWord(value, namedOf(setting));
  switch (type.type) {
    case 'boolean':
      return [true, false].map(word).join(', ');
    case 'choice':
      return type.values.map((value) => `\`${value}\` ${word(value)}`).join(type.ordered ? ' < ' : ', ');
    case 'number':
      return `${type.min} to ${type.max} ${type.unit}${type.endless === undefined ? '' : `; ${type.endless}: ${word(type.endless).toLowerCase()}`}`;
    case 'text':
      return type.rule;
  }
}

const facts: Readonly<Record<string, string>> = {
  tlsOldest: 'TLS handshakes',
  httpsRedirect: 'HTTP',
};

function elsewhere({ ipp, probe }: Protocols): string {
  const seen = probe && (probe.fact === 'port' ? `port ${probe.port}` : (facts[probe.fact] ?? 'certificate'));
  return [ipp && 'IPP', seen].filter((each) => each !== undefined).join(', ');
}

function baselineRows(): readonly (readonly string[])[] {
  const rows = settings.flatMap(({ key, maps }) => maps.map((id) => ({ id, key })));
  return [...Map.groupBy(rows, ({ id }) => id)]
    .toSorted(([a], [b]) => inOrder(a, b))
    .map(([id, members]) => [id, members.map(({ key }) => `\`${key}\``).join(', ')]);
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('');
}
