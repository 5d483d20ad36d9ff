// `muster ca gateways`: to which gateways keys of identities are sealed.
import { admitGateway, forgetGateway, gateways } from '../gateways.js';
import { type Command, misused, none, read, say, withBooks } from './words.js';

const help = `muster ca gateways         gateways that muster trust has heard of through console, by their sealing keys
  --admit FINGERPRINT      keys of identities are sealed to it from now on: compare with what the log of the gateway says
  --forget FINGERPRINT     nothing more is sealed to it; what it has already, it has`;

const options = { admit: { type: 'string' }, forget: { type: 'string' } } as const;

export const gatewaysCommand: Command = {
  help,
  run: (words) => {
    const { values, positionals } = read(words, options);
    none(positionals);
    const { admit, forget } = values;
    if (admit !== undefined && forget !== undefined) throw misused('--admit or --forget, not both');
    withBooks(values, (books) => {
      if (admit !== undefined)
        return say(`keys are sealed to ${admitGateway(books, admit, new Date()).name} from now on`);
      if (forget !== undefined) return say(`${forgetGateway(books, forget).name} is forgotten`);
      const known = gateways(books);
      if (known.length === 0)
        return say('none: muster trust hears of them through console, see MUSTER_CONSOLE_URL');
      for (const { fingerprint, name, seen, admitted } of known)
        say(`${fingerprint}  ${name}, ${admitted ? 'admitted' : 'not admitted'}, seen ${seen.toUTCString()}`);
    });
  },
};
