// What is wanted of Muster's own authority, from the page: it fetches each wish, and says what became of it.
//
//   asked.tsx    the list of them, with what came of each      ask.tsx      a button, its dialog, its answer
//   enrol.tsx    a device may enrol: the secret is shown once  secret.tsx   that
//   sign.tsx     a certificate for a request                   issue.tsx    an identity for the gateways
//   publish.tsx  a new list, now                               days.tsx     a field of two of them
//   by-hand.tsx  what is done on the authority's machine alone
import { useState } from 'react';
import { useWishes } from '../../api/queries.js';
import type { WishKind, WishRow } from '../../api/types.js';
import { Pager } from '../../parts/pager.js';
import { Pill } from '../../parts/pill.js';
import { ProblemNote } from '../../parts/problem-note.js';
import { Table } from '../../parts/table.js';
import { When } from '../../parts/when.js';
import { counted, words } from '../../words.js';

/** Nothing where nothing was asked for. */
export function Asked({ kinds }: { readonly kinds: readonly WishKind[] }) {
  // Where each page but the first begins, down to the one that is shown.
  const [starts, setStarts] = useState<readonly string[]>([]);
  const wishes = useWishes(kinds, starts.at(-1));
  if (!wishes.data) return wishes.error && <ProblemNote problem={wishes.error} />;
  const { items, total, next } = wishes.data;
  if (total === 0) return null;
  return (
    <section className="card card-flush" aria-labelledby="asked">
      <div className="card-head">
        <h2 id="asked">Asked of the authority</h2>
        <p className="small dim">It fetches what was asked for every few seconds, and decides.</p>
      </div>
      <Table
        caption="Asked of the authority"
        rows={items}
        keyOf={({ id }) => id}
        columns={[
          { title: 'What', lead: true, cell: (row) => <What row={row} /> },
          { title: 'State', cell: (row) => <State row={row} /> },
          { title: 'Asked by', cell: ({ askedBy }) => askedBy },
          { title: 'Asked', cell: ({ askedAt }) => <When at={askedAt} /> },
          { title: 'Actions', actions: true, cell: (row) => <Download row={row} /> },
        ]}
      />
      {(next !== null || starts.length > 0) && (
        <Pager
          label={`${counted(total, 'wish', 'wishes')}, the newest first`}
          onFirst={starts.length === 0 ? null : () => setStarts([])}
          onPrevious={() => setStarts(starts.slice(0, -1))}
          onNext={next === null ? null : () => setStarts([...starts, next])}
        />
      )}
    </section>
  );
}

function What({ row: { kind, about } }: { readonly row: WishRow }) {
  return (
    <div className="wide stack-close">
      <span className="strong">{words.wish[kind]}</span>
      <span className="small">{about}</span>
    </div>
  );
}

function State({ row: { state, reason } }: { readonly row: WishRow }) {
  if (state === 'asked') return <Pill tone="busy">Waits for the authority</Pill>;
  if (state === 'done') return <Pill tone="good">Done</Pill>;
  return (
    <div className="wide stack-close">
      <Pill tone="bad">Refused</Pill>
      <span className="small">{reason}</span>
    </div>
  );
}

function Download({ row: { certificates, about } }: { readonly row: WishRow }) {
  if (certificates === null) return null;
  return (
    <a
      download="certificate.pem"
      href={`data:application/x-pem-file,${encodeURIComponent(certificates)}`}
      aria-label={`Download the certificate of ${about}`}
    >
      Download
    </a>
  );
}
