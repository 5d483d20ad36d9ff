import type { HistoryEntry } from '../../api/types.js';
import { Exactly } from '../../parts/when.js';

/** Newest first. */
export function History({ entries }: { readonly entries: readonly HistoryEntry[] }) {
  return (
    <section className="card" aria-labelledby="history">
      <h2 id="history">History</h2>
      {entries.length === 0 && <p className="dim">Nothing is recorded yet.</p>}
      <ol className="plain-list history">
        {entries.map((entry, index) => (
          <li key={index}>
            <span className="small dim number">
              <Exactly at={entry.at} />
            </span>
            <span>{entry.text}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
