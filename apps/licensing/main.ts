import { serve } from '#runtime/serve';

await serve('licensing', async () => (await import('./licensing.js')).licensing);
