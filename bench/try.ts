import { startReaper } from '@envoy-poc/cli/start';
import { measurePicker } from './scale/walls/picker.ts';
const r = startReaper([]);
try { for (const t of await measurePicker(process.argv.slice(2).map(Number), 3, r)) console.log(t.title), console.table(t.rows.map(row => Object.fromEntries(row.map((v,i)=>[t.columns[i],v])))); } finally { r.release(); }
