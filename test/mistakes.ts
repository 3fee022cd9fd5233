// `npm run defects [WORDS]`: puts every mistake of the lists into the program, one after another, and shows that its test finds it. Those of the law are a suite of `npm test`.

import { showDefects } from './defects.ts';
import { remoteDefects } from './remote/defects.ts';
import { secrecyDefects } from './secrecy/defects.ts';
import { prepareTools } from './tools.ts';

/** Minutes after which no other mistake is begun with: those that are left count as not found. */
const mostMinutes = 90;

await prepareTools((line) => console.log(line.trim()));
process.exitCode = showDefects([...remoteDefects, ...secrecyDefects], process.argv[2], mostMinutes);
