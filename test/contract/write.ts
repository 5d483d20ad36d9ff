// npm run events: writes EVENTS.md, and the example of each event version that has none yet. What is there is never changed.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { catalogue } from '../../libs/events/catalogue.js';
import { eventsReference, exampleFile } from './reference.js';

await writeFile(path.resolve('libs/events/EVENTS.md'), eventsReference());
const folder = path.resolve('test/contract/examples');
await mkdir(folder, { recursive: true });
for (const definition of catalogue.values()) {
  const text = `${JSON.stringify(definition.example, null, 2)}\n`;
  await writeFile(path.join(folder, exampleFile(definition)), text, { flag: 'wx' }).catch(
    (error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    },
  );
}
