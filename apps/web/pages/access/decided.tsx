import { useState } from 'react';
import { useDecided } from '../../api/queries.js';
import { Loaded } from '../../parts/loaded.js';
import { counted } from '../../words.js';

interface DecidedProps {
  /** Of the entry. */
  readonly id: number;
  readonly decided: number;
}

/** Which deliveries an entry is about, up to a thousand: asked for when it is opened. */
export function Decided({ id, decided }: DecidedProps) {
  const [open, setOpen] = useState(false);
  const entry = useDecided(id, open);
  return (
    <details className="wide small" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{counted(decided, 'delivery', 'deliveries')}</summary>
      {open && (
        <Loaded query={entry}>
          {({ detail }) => (
            <ul className="plain-list mono">
              {detail.decided.map((each) => (
                <li key={each}>{each}</li>
              ))}
            </ul>
          )}
        </Loaded>
      )}
    </details>
  );
}
