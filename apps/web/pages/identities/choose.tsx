import { useSettings } from '../../api/queries.js';
import { useWrite } from '../../api/writes.js';
import { Confirm } from '../../parts/confirm.js';
import { useTell } from '../../shell/told.js';

interface ChooseProps {
  readonly name: string;
  readonly chosen: boolean;
}

/** The setting of that name, from where its choices are. */
export function Choose({ name, chosen }: ChooseProps) {
  const settings = useSettings().data;
  const save = useWrite(['settings', 'identities']);
  const tell = useTell();
  const identity = chosen ? null : name;
  const done = (close: () => void) => () => {
    tell(chosen ? 'Each gateway presents its own identity.' : `The gateways present ${name} from now on.`);
    close();
  };
  return (
    <Confirm
      label={chosen ? 'Stop presenting' : 'Present'}
      name={chosen ? `Stop presenting ${name}` : `Present ${name}`}
      size="xs"
      question={chosen ? `Stop presenting ${name}?` : `Present ${name}?`}
      act={chosen ? 'Stop presenting' : 'Present'}
      actColor="blue"
      ready={settings !== undefined}
      pending={save.isPending}
      problem={save.error}
      onConfirm={(close) =>
        settings &&
        save.mutate({
          method: 'PUT',
          path: 'settings',
          body: { version: settings.version, body: { ...settings.body, identity } },
          done: done(close),
        })
      }
    >
      {chosen
        ? 'Each gateway shows its own identity again.'
        : 'Every gateway that can open it shows it to devices.'}{' '}
      It takes seconds; connections that are open end in order, and none fails. Devices that check the server
      must trust its authority.
    </Confirm>
  );
}
