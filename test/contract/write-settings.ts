// npm run settings: writes deploy/settings.md.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { settingsPage } from './settings-page.js';

await writeFile(path.resolve('deploy/settings.md'), settingsPage());
