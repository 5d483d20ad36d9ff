// muster dead: events that a service gave up.
//
//   dead.ts   which commands there are    which.ts    which deliveries are meant
//   look.ts   list and show               decide.ts   replay and drop, step by step
import type { Command } from '../command-line.js';
import { UsageError } from '../words.js';
import { decide } from './decide.js';
import { list, show } from './look.js';

const help = `muster dead list                      events that a service gave up, newest first
muster dead show CONSUMER EVENT-ID    one of them, with its reason and its data
muster dead replay …                  hands them to their consumers again: mend the reason first
muster dead drop … --because TEXT     gives them up for good; the reason stands in the audit log
  CONSUMER EVENT-ID    this one (replay, drop)
  --all                all there are (replay, drop)
  --consumer NAME      those of one consumer, such as licensing.seats
  --type PATTERN       those of an event type, such as device.announced or device.*
  --reason TEXT        those whose reason contains it
  --subject ID         those about this device (id or serial number) or document
  --since TIME         those given up since then: 30m, 2h, 7d, or 2026-11-21T08:00:00Z
  --to TIME            those given up before then
  --limit N            so many at most (list; 50)
  --dry-run            counts, and does nothing (replay, drop)
  --up-to NUMBER       those there were when --dry-run printed it, and none that came later (replay, drop)`;

const commands = new Map([
  ['list', list],
  ['show', show],
  ['replay', decide('replay')],
  ['drop', decide('drop')],
]);

export const dead: Command = {
  help,
  run: ([name = '', ...words]) => {
    const run = commands.get(name);
    if (!run) throw new UsageError(`say one of ${[...commands.keys()].join(', ')}. Try --help.`);
    return run(words);
  },
};
