import { Button } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import type { FeedState } from '../../api/feed.js';
import { useAnnouncements, useRefusals } from '../../api/queries.js';
import type { Event } from '../../api/types.js';
import { Loaded, Nothing } from '../../parts/loaded.js';
import { PageHead } from '../../parts/page-head.js';
import { Pill, type Tone } from '../../parts/pill.js';
import { useFeed } from '../../shell/live.js';
import { counted } from '../../words.js';
import { Refusals } from '../../parts/refusals.js';
import { Spoken } from './spoken.js';
import { ThreadRow } from './thread-row.js';
import { threadsOf, type Thread } from './threads.js';

export function Live() {
  const announcements = useAnnouncements();
  const feed = useFeed();
  const [frozen, setFrozen] = useState<readonly Event[] | null>(null);
  const events = frozen ?? feed.events;
  const rows = announcements.data?.items;
  const threads = useMemo(() => threadsOf(rows ?? [], events), [rows, events]);
  return (
    <div className="stack">
      <PageHead title="Live" actions={<Pause frozen={frozen} events={feed.events} setFrozen={setFrozen} />}>
        Announcements as they come in, and what follows from each.
      </PageHead>
      <div className="row">
        <Connection state={feed.state} />
        {frozen && <span className="dim">{waitingWords(feed.events, frozen)}</span>}
      </div>
      <Spoken threads={threads} silent={frozen !== null} />
      <Loaded query={announcements}>{() => <Threads threads={threads} />}</Loaded>
      <TurnedAway />
    </div>
  );
}

/** Those who did not get as far as an announcement that is stored. Nothing is shown while there is nobody. */
function TurnedAway() {
  const rows = useRefusals().data?.items ?? [];
  if (rows.length === 0) return null;
  return (
    <section className="card card-flush" aria-labelledby="turned-away">
      <div className="card-head">
        <h2 id="turned-away">Turned away</h2>
        <p className="dim">
          Peers whose connection or announcement was refused, or who were told to come again.
        </p>
      </div>
      <Refusals rows={rows} withSerial />
    </section>
  );
}

/** Compared by id: both lists lose their oldest as they grow. */
function waitingWords(events: readonly Event[], frozen: readonly Event[]): string {
  const last = frozen.at(-1)?.id;
  const waiting = events.length - 1 - events.findLastIndex((event) => event.id === last);
  return waiting === 0 ? 'Paused.' : `Paused; ${counted(waiting, 'event')} since.`;
}

const connection: Readonly<Record<FeedState, { readonly tone: Tone; readonly text: string }>> = {
  connecting: { tone: 'busy', text: 'Connecting' },
  open: { tone: 'good', text: 'Connected' },
  lost: { tone: 'warn', text: 'Connection lost, trying again; nothing will be missed' },
};

function Connection({ state }: { readonly state: FeedState }) {
  return (
    <span role="status">
      <Pill tone={connection[state].tone}>{connection[state].text}</Pill>
    </span>
  );
}

interface PauseProps {
  readonly frozen: readonly Event[] | null;
  readonly events: readonly Event[];
  readonly setFrozen: (events: readonly Event[] | null) => void;
}

function Pause({ frozen, events, setFrozen }: PauseProps) {
  const Sign = frozen ? IconPlayerPlay : IconPlayerPause;
  return (
    <Button
      variant="default"
      leftSection={<Sign size={16} aria-hidden />}
      onClick={() => setFrozen(frozen ? null : events)}
    >
      {frozen ? 'Go on' : 'Pause'}
    </Button>
  );
}

function Threads({ threads }: { readonly threads: readonly Thread[] }) {
  if (threads.length === 0) {
    return (
      <div className="card">
        <Nothing title="No announcement yet">They appear here the moment a device announces itself.</Nothing>
      </div>
    );
  }
  return (
    <ol className="card card-flush plain-list threads" aria-label="Announcements, newest first">
      {threads.map((thread) => (
        <ThreadRow key={thread.id} thread={thread} />
      ))}
    </ol>
  );
}
