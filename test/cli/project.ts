import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Writes files into a new folder of the system's temporary ones; what begins with #! is executable. Gives the path of the folder. */
export function project(files: { readonly [path: string]: string }): string {
  const folder = mkdtempSync(join(tmpdir(), 'homerun-project-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text, { mode: text.startsWith('#!') ? 0o755 : 0o644 });
  }
  return folder;
}
