// muster policy: policies as files, to be kept, reviewed and tested like other code.
//
//   policy.ts  which commands there are     look.ts         list, show, export
//   files.ts   validate and import          diff.ts         what changed, or would change
//   answers.ts what console says            from-device.ts  a policy like a device
//   written.ts lines for a terminal
import type { Command } from '../command-line.js';
import { UsageError } from '../words.js';
import { diff } from './diff.js';
import { importFiles, validate } from './files.js';
import { fromDevice } from './from-device.js';
import { exportPolicy, list, show } from './look.js';

const help = `muster policy list                    which there are
muster policy show ID                 what one requires
muster policy export ID               one as YAML, to standard output
muster policy from-device DEVICE      asks a device (serial number or id) for all its settings now; they come as YAML:
                                      name it, then import it. Exit 1: the device could not be read, and why
muster policy validate FILE …         every fault by line and column; asks nobody. Exit 1: there are some
muster policy import FILE …           makes each policy what its file says; nothing when one has a fault
muster policy diff ID | FILE          what its newest version changed, or what an import of the file would change
  --dry-run            says what would change, and changes nothing (import)
  --from N, --to N     between these versions; 0: before there was any (diff ID)
  --wait SECONDS       so long at most (from-device; 120)
  FILE                 - is standard input`;

const commands = new Map([
  ['list', list],
  ['show', show],
  ['export', exportPolicy],
  ['from-device', fromDevice],
  ['validate', validate],
  ['import', importFiles],
  ['diff', diff],
]);

export const policy: Command = {
  help,
  run: ([name = '', ...words]) => {
    const run = commands.get(name);
    if (!run) throw new UsageError(`say one of ${[...commands.keys()].join(', ')}. Try --help.`);
    return run(words);
  },
};
