import { serve } from '#runtime/serve';

await serve('autogroup', async () => (await import('./autogroup.js')).autogroup);
