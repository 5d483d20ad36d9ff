// Small statements of work that runs side by side, as one: what is asked while one is under way goes with the next.
import { unavailable, waitedTooLong } from './failure.js';

interface Waiting<Asked, Said> {
  readonly asked: Asked;
  readonly resolve: (said: Said) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One statement at a time, sent after all that it answers was asked: nobody gets an answer from before. Where it fails for
 * several, as one of them waits for a lock, each is asked alone, so that nobody pays for another; not where the database is away.
 * @param work resolves to what each of them gets; a throw there is for that one alone
 */
export function gathered<Asked, Said>(
  work: (all: readonly Asked[]) => Promise<(asked: Asked) => Said>,
): (asked: Asked) => Promise<Said> {
  const waiting: Waiting<Asked, Said>[] = [];
  let busy = false;
  const ask = async (all: readonly Waiting<Asked, Said>[]): Promise<void> => {
    const say = await work(all.map(({ asked }) => asked));
    for (const { asked, resolve, reject } of all) {
      try {
        resolve(say(asked));
      } catch (error) {
        reject(error);
      }
    }
  };
  const goOn = async (): Promise<void> => {
    busy = true;
    while (waiting.length > 0) {
      const all = waiting.splice(0);
      try {
        await ask(all);
      } catch (error) {
        const isAway = unavailable(error) && !waitedTooLong(error);
        if (all.length === 1 || isAway) for (const { reject } of all) reject(error);
        else for (const one of all) void ask([one]).catch(one.reject);
      }
    }
    busy = false;
  };
  return (asked) =>
    new Promise((resolve, reject) => {
      waiting.push({ asked, resolve, reject });
      if (!busy) void goOn();
    });
}
