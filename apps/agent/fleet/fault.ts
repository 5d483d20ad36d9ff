// What can be wrong with a printer from the start, as data and as typed on a command line.
import type { Printer } from './printer.js';

export type Fault =
  | { readonly kind: 'refuseWrite' | 'ignoreWrite'; readonly setting: string }
  | { readonly kind: 'slow'; readonly delayMs: number }
  | { readonly kind: 'wrongCertificate' }
  /** Never plugged in: it neither answers nor announces until `replug`. */
  | { readonly kind: 'unplugged' };

/** `printer` counts from 1, as in its serial number. */
export type FaultyPrinter = Fault & { readonly printer: number };

export async function inflict(fault: Fault, printer: Printer): Promise<void> {
  if (fault.kind === 'refuseWrite') printer.refuseWrite(fault.setting);
  if (fault.kind === 'ignoreWrite') printer.ignoreWrite(fault.setting);
  if (fault.kind === 'slow') printer.slow(fault.delayMs);
  if (fault.kind === 'wrongCertificate') await printer.wrongCertificate();
}

/** Reads `3:refuseWrite=svc.telnet`, `3:ignoreWrite=svc.telnet`, `4:slow=2000`, `5:wrongCertificate` or `6:unplugged`. Throws RangeError. */
export function parseFault(text: string): FaultyPrinter {
  const [, number = '', kind = '', value = ''] =
    /^(\d{1,5}):([a-zA-Z]{1,32})(?:=(.{1,64}))?$/.exec(text) ?? [];
  const printer = Number(number);
  if ((kind === 'refuseWrite' || kind === 'ignoreWrite') && value !== '')
    return { printer, kind, setting: value };
  if (kind === 'slow' && /^\d{1,6}$/.test(value)) return { printer, kind, delayMs: Number(value) };
  if ((kind === 'wrongCertificate' || kind === 'unplugged') && value === '') return { printer, kind };
  const examples =
    '3:refuseWrite=svc.telnet, 3:ignoreWrite=svc.telnet, 4:slow=2000, 5:wrongCertificate, 6:unplugged';
  throw new RangeError(`"${text}" is no fault; write one like ${examples}`);
}
