// Loaded before each test file. Properties are tried with other values each time; in CI always with the same, so that a change is judged by
// itself. HOMERUN_SEED repeats a run.

import { configureGlobal } from 'fast-check';

const seed = process.env['HOMERUN_SEED'] ?? (process.env['CI'] ? '1' : undefined);
if (seed !== undefined) configureGlobal({ seed: Number(seed) });
