// Loaded into a process with `--import`: says at its end what it took, into the file that HOMERUN_USAGE names.

import { writeFileSync } from 'node:fs';

process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const file = process.env['HOMERUN_USAGE'];
  if (file !== undefined) writeFileSync(file, JSON.stringify({ cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, rssMegabytes: maxRSS / 1024 }));
});
