import { serve } from '#runtime/serve';

await serve('console', async () => (await import('./console.js')).console);
