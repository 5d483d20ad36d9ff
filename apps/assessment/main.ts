import { serve } from '#runtime/serve';

await serve('assessment', async () => (await import('./assessment.js')).assessment);
