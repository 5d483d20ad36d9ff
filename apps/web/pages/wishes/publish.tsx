import { Button } from '@mantine/core';
import { useWrite } from '../../api/writes.js';
import { ProblemNote } from '../../parts/problem-note.js';
import { useTell } from '../../shell/told.js';

/** A new list of what was revoked: the authority makes one by itself when one is due, and after each revocation. */
export function Publish() {
  const ask = useWrite(['wishes']);
  const tell = useTell();
  const done = () => tell('The authority is asked for a new list.');
  return (
    <div className="stack-close">
      <div>
        <Button
          size="xs"
          variant="default"
          loading={ask.isPending}
          onClick={() => ask.mutate({ method: 'POST', path: 'wishes', body: { kind: 'list' }, done })}
        >
          Publish the list now
        </Button>
      </div>
      {ask.error && <ProblemNote problem={ask.error} />}
    </div>
  );
}
