#!/usr/bin/env node
// muster COMMAND …: one program of Muster, by its short name. Set up first, as npm start does it.
import { inPlace } from './child.mjs';
import { inRoot, main } from './project.mjs';
import { entryOf, processes, steps, tools } from './processes.mjs';
import { setUp } from './setup.mjs';

/** Asked of a running Muster; one program for all of them, which reads the command itself. */
const asked = [
  'status',
  'assess',
  'changes',
  'undo',
  'vouch',
  'credential',
  'dead',
  'events',
  'policy',
  'compliance',
  'schedule',
  'discover',
  'rebuild',
  'ipsec',
];

/** Needs the broker's journal, or the data folder, and not console. */
const replay = 'dist/apps/standalone/replay.js';

const commands = {
  ...steps,
  ...Object.fromEntries(asked.map((name) => [name, entryOf('cli')])),
  ...tools,
  standalone: entryOf('standalone'),
  agent: entryOf('agent'),
  ...Object.fromEntries(processes.map(({ name }) => [name, entryOf(name)])),
};

const help = `muster COMMAND …; each takes --help where it has options

  status        how a running Muster fares: services, queues, what waits, what is wrong
  assess        a device or a group now, or what that would change (--dry-run)
  changes       what Muster has changed on a device
  undo          what a task has changed on a device, put back
  vouch         a device that was moved without a proof is the device
  credential    what opens devices: list, set, remove, rotate; never shown
  dead          events that a service gave up: list, show, replay, drop
  events        tail: what happens now; replay: the journal once more, onto one queue
  policy        policies as files (policy as code): list, show, export, validate, import, diff, from-device
  compliance    how far devices are from their policies: score, and rows of baselines
  schedule      assessments of a group each day, week or month: list, show, set, run, runs, cancel, delete
  discover      printers that do not announce themselves, looked for at addresses, ranges and names
  rebuild       what console shows of devices, made anew from the journal while all of it runs
  ipsec         rules of IPsec of a file: validate, render for strongSwan, compare with a device's
  standalone    all services in this process, as npm start does
  agent         the device side: announce this machine, or a fleet of virtual printers
  topology      declare exchange, queues and bindings, or print the accounts as definitions
  migrate       bring the database up to date, and make the roles of the services
  look          find devices, and see what they show from outside, without a running Muster
  ca            Muster's own certificates: make an authority, issue, sign, revoke, import, export, let devices enrol
  trust         serves that authority: lists and OCSP by HTTP, enrolment of devices (EST) by TLS
  integrator    give another program an account and a queue of its own, or take them away
  ${processes.map(({ name }) => name).join(', ')}
                one service as a process of its own`;

await main(async () => {
  const [command, ...rest] = process.argv.slice(2);
  if (!command || command === '--help') return void console.log(help);
  const entry = Object.hasOwn(commands, command) ? commands[command] : null;
  if (!entry) {
    console.error(`There is no command ${command}.\n\n${help}`);
    return 2;
  }
  const { node, environment } = await setUp();
  if (command === 'events' && rest[0] === 'replay')
    return inPlace(node, ['--enable-source-maps', inRoot(replay), ...rest.slice(1)], { env: environment });
  const words = asked.includes(command) ? [command, ...rest] : rest;
  return inPlace(node, ['--enable-source-maps', inRoot(entry), ...words], { env: environment });
});
