import { RouterProvider } from '@tanstack/react-router';
import { useSessionQuery } from '../api/session.js';
import { Loaded } from '../parts/loaded.js';
import { SignIn } from '../pages/sign-in/sign-in.js';
import { router } from '../router.js';
import { FeedProvider } from './live.js';
import { SessionProvider } from './session.js';
import { Told } from './told.js';

/** The pages for who is signed in, else the sign-in page at the same address. */
export function Gate() {
  const query = useSessionQuery();
  if (query.data === undefined) {
    return (
      <main className="sign-in">
        <Loaded query={query}>{() => null}</Loaded>
      </main>
    );
  }
  if (query.data === null) return <SignIn />;
  return (
    <SessionProvider session={query.data}>
      <FeedProvider>
        <Told>
          <RouterProvider router={router} />
        </Told>
      </FeedProvider>
    </SessionProvider>
  );
}
