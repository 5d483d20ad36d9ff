import { serve } from '#runtime/serve';

await serve('gateway', async () => (await import('./gateway.js')).gateway);
