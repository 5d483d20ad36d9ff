// One event stream for the whole page: it freshens the lists and feeds the Live page.
import { useQueryClient } from '@tanstack/react-query';
import { createContext, use, useEffect, useState, useSyncExternalStore, type ReactNode } from 'react';
import { Feed, type FeedSnapshot } from '../api/feed.js';
import { Freshness } from '../api/freshness.js';

const FeedContext = createContext<Feed | null>(null);

export function FeedProvider({ children }: { readonly children: ReactNode }) {
  const client = useQueryClient();
  const [feed] = useState(() => {
    const { heard, missed } = new Freshness(client);
    return new Feed(heard, missed);
  });
  useEffect(() => {
    feed.open();
    return () => feed.close();
  }, [feed]);
  return <FeedContext value={feed}>{children}</FeedContext>;
}

/** What came over the stream since the page was opened, newest last. */
export function useFeed(): FeedSnapshot {
  const feed = use(FeedContext);
  if (!feed) throw new Error('the feed is used outside its provider');
  return useSyncExternalStore(feed.subscribe, feed.snapshot);
}
