import { Link } from '@tanstack/react-router';
import type { ChangedTask } from '../api/types.js';
import { wordFor, words } from '../words.js';

/** Who or what a task is for. */
export function BecauseOf({ cause }: Pick<ChangedTask, 'cause'>) {
  if (!cause) return <>By whom is not kept.</>;
  const { trigger, requestedBy, run } = cause;
  const who = requestedBy.length > 0 ? `asked for by ${requestedBy.join(', ')}` : '';
  if (run)
    return (
      <>
        Run of the schedule <Link to="/schedules">{run.name}</Link>
        {who && `, ${who}`}
      </>
    );
  const what = wordFor(words.trigger, trigger);
  if (who === '') return <>{what}</>;
  return <>{trigger === 'requested' ? `A${who.slice(1)}` : `${what}, ${who}`}</>;
}
