// A connection whose handshake began before mode or authorities changed, and ended after: it proved itself by a rule that
// does not hold any more, so nothing that it says is looked at. The handshake itself is let through: it is no fault of the
// device's, and it hears that it is to come again.
import type { Acknowledge } from '#announce/announcement';
import { retry } from './intake.js';

export const changedAnswer = (): Acknowledge =>
  retry('changed', 'the settings of the server have just changed', 'anonymous');
