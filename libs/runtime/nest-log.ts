// What Nest has to say, as lines of our log.
import type { LoggerService } from '@nestjs/common';
import type { Log } from './log.js';

/** Says nothing before `voice` is open: what keeps it from starting is thrown as well. */
export function nestLog(log: Log, voice: { readonly open: boolean }): LoggerService {
  const line =
    (level: 'error' | 'warn') =>
    (said: unknown, ...more: readonly unknown[]): void => {
      if (voice.open) log[level]({ error: said, more }, 'Nest reports trouble');
    };
  return { error: line('error'), warn: line('warn'), log: () => undefined };
}
