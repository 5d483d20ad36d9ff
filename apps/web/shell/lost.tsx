import { Link } from '@tanstack/react-router';
import { Nothing } from '../parts/loaded.js';
import { PageHead } from '../parts/page-head.js';
import { ProblemNote } from '../parts/problem-note.js';

export function NotFound() {
  return (
    <div className="stack">
      <PageHead title="Not found" />
      <div className="card">
        <Nothing title="There is no page at this address">
          <Link to="/">Go to the overview</Link>
        </Nothing>
      </div>
    </div>
  );
}

export function Crashed({ error }: { readonly error: unknown }) {
  return (
    <div className="stack">
      <PageHead title="Something went wrong" />
      <ProblemNote
        problem={error instanceof Error ? error : new Error(String(error))}
        onRetry={() => window.location.reload()}
      />
    </div>
  );
}
