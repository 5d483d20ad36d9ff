import { useWrite } from '../../api/writes.js';
import { Confirm } from '../../parts/confirm.js';
import { useTell } from '../../shell/told.js';

/** For an authority that was tried, or lost: nobody waits for its word any more. */
export function Gone() {
  const giveUp = useWrite(['authority', 'certificates', 'wishes', 'status']);
  const tell = useTell();
  const done = (close: () => void) => () => {
    close();
    tell('The authority was given up.');
  };
  return (
    <Confirm
      label="This authority is gone"
      size="xs"
      question="Give this authority up?"
      act="Give it up"
      pending={giveUp.isPending}
      problem={giveUp.error}
      onConfirm={(close) => giveUp.mutate({ method: 'DELETE', path: 'authority', done: done(close) })}
    >
      <div className="stack">
        <p>
          Muster waits for its word no more, and Status is silent about it. The certificates that it issued
          are listed here no more, and none of them can be revoked; what was asked of it, and was not done, is
          dropped, revocations too.
        </p>
        <p>
          Nothing else changes: trust sets that hold its certificates still trust it, and gateways present its
          identities as before. Should it speak again, it is heard as a new one, with all that it issued.
        </p>
      </div>
    </Confirm>
  );
}
