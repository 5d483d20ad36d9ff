// A server for announcements as a process of its own, for a network of its own: what it hears is a line of JSON each.
import { accepted, startAnnounceServer } from './announce-server.js';

const server = await startAnnounceServer(
  ({ announcement, from }) => {
    process.stdout.write(
      `${JSON.stringify({ from, reason: announcement.reason, identity: announcement.identity })}\n`,
    );
    return accepted;
  },
  { host: '::', port: 3329 },
);
process.once('SIGTERM', () => void server.close());
