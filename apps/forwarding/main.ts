import { serve } from '#runtime/serve';

await serve('forwarding', async () => (await import('./forwarding.js')).forwarding);
