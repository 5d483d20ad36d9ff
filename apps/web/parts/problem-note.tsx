// What went wrong and what to do about it.
import { Alert, Button } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { Problem, type Fault } from '../api/client.js';

interface ProblemNoteProps {
  readonly problem: Error;
  /** Offered when the same may work a second time. */
  readonly onRetry?: () => void;
  /** Offered when somebody else changed the document since it was read. */
  readonly onReload?: () => void;
}

export function ProblemNote({ problem, onRetry, onReload }: ProblemNoteProps) {
  const known = problem instanceof Problem ? problem : null;
  const stale = known?.stale === true && onReload !== undefined;
  const title = stale
    ? 'Somebody else changed this meanwhile'
    : (known?.title ?? 'Something went wrong on this page');
  return (
    <Alert role="alert" color="red" title={title} icon={<IconAlertTriangle aria-hidden />}>
      <div className="stack-close">
        <p>
          {stale
            ? 'Reload to see their version. What you entered here is then replaced by it.'
            : problem.message}
        </p>
        {known && known.faults.length > 0 && <FaultList faults={known.faults} />}
        {stale && <Again label="Reload" onClick={onReload} />}
        {!stale && onRetry && <Again label="Try again" onClick={onRetry} />}
      </div>
    </Alert>
  );
}

function Again({ label, onClick }: { readonly label: string; readonly onClick: () => void }) {
  return (
    <div>
      <Button size="xs" variant="default" onClick={onClick}>
        {label}
      </Button>
    </div>
  );
}

const faultsShownMax = 50;

function FaultList({ faults }: { readonly faults: readonly Fault[] }) {
  const more = faults.length - faultsShownMax;
  return (
    <ul>
      {faults.slice(0, faultsShownMax).map((fault, index) => (
        <li key={index}>
          {fault.path !== '' && <span className="mono">{fault.path}: </span>}
          {fault.message}
        </li>
      ))}
      {more > 0 && <li>and {more} more</li>}
    </ul>
  );
}

/** What is wrong at exactly this place, or inside it. */
export function faultsAt(problem: Error | null, path: string): string | undefined {
  if (!(problem instanceof Problem)) return undefined;
  const here = problem.faults.filter((fault) => fault.path === path || fault.path.startsWith(`${path}.`));
  return here.length > 0 ? here.map((fault) => fault.message).join('; ') : undefined;
}
