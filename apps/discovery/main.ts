import { serve } from '#runtime/serve';

await serve('discovery', async () => (await import('./discovery.js')).discovery);
