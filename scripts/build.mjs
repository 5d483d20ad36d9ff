// npm run build: everything that `npm start` would set up, without starting.
import { main } from './project.mjs';
import { setUp } from './setup.mjs';

await main(async () => {
  await setUp();
});
