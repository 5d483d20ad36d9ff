// npm run dashboard: writes muster.json, which Grafana reads, from panels.ts.
import { writeFileSync } from 'node:fs';
import { dashboard } from './dashboard.js';

const file = new URL('../../../deploy/grafana/muster.json', import.meta.url);
writeFileSync(file, `${JSON.stringify(dashboard(), null, 2)}\n`);
