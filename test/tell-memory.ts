// `node --import ./build/test/tell-memory.js …` tells at its end the most memory that the process itself has held: `rss KILOBYTES` on standard error. What
// getrusage(2) gives begins with what the process held that it was started from.

import { readFileSync } from 'node:fs';

process.on('exit', () => console.error(`rss ${/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]}`));
