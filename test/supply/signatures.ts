// `npm run signatures`: whether the registry has signed what the lockfile names. No part of CI: a registry that cannot be asked says nothing of the packages.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { projectRoot } from '../lab/places.ts';

/** What npm has said. */
export interface Understood {
  readonly verdict: 'right' | 'wrong' | 'unknown';
  readonly text: string;
}

/** Reads what `npm audit signatures` printed. Silence is no yes. */
export function understood(code: number | null, said: string): Understood {
  if (/\b(invalid|missing) (registry signature|attestation)/i.test(said)) return { verdict: 'wrong', text: said.trim() };
  if (code === 0 && /verified registry signatures?/.test(said)) return { verdict: 'right', text: said.trim() };
  return { verdict: 'unknown', text: `The signatures could not be looked at: the registry cannot be asked, or has none.\n${said.trim()}`.trim() };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { status, stdout, stderr, error } = spawnSync('npm', ['audit', 'signatures'], { cwd: projectRoot, encoding: 'utf8', timeout: 300_000 });
  const { verdict, text } = understood(status, `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`);
  console.log(text);
  process.exitCode = { right: 0, wrong: 1, unknown: 2 }[verdict];
}
