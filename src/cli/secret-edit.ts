import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { secretName } from '../language/secrets-file.ts';
import { parseYaml, stringifyYaml } from '../language/yaml.ts';
import { formatProblem, InputError, type Problem } from '../values/errors.ts';
import { Interrupted, type Io } from './io.ts';
import { shortestSecret } from './secret-value.ts';

const header = `# A secret a line: NAME: value. Delete a line to delete a secret. This file is in memory and goes away when you leave the editor.
`;

/**
 * Lets the user change `values` in an editor. They stand in plain only in a file of a folder of this user alone, in memory where the system
 * has such a place, and it is gone afterwards, also after ^C.
 * @returns the new values; undefined when the user gave up.
 */
export async function editSecrets(values: ReadonlyMap<string, string>, io: Io): Promise<ReadonlyMap<string, string> | undefined> {
  if (!io.canAsk) throw InputError.of('an editor needs a terminal', undefined, 'Set one value with: homerun secret set NAME <FILE');
  const folder = mkdtempSync(join(memoryFolder(io), 'homerun-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  // The editor gets ^C as well, and decides; what must not happen is that we end without cleaning up.
  const off = io.onInterrupt(() => {});
  try {
    const file = join(folder, 'secrets.yaml');
    writeFileSync(file, header + (values.size === 0 ? '' : stringifyYaml(Object.fromEntries(values))), { mode: 0o600, flag: 'wx' });
    return await untilRight(file, io);
  } finally {
    remove();
    off();
  }
}

async function untilRight(file: string, io: Io): Promise<ReadonlyMap<string, string> | undefined> {
  for (;;) {
    const code = await io.runEditor(file);
    if (code !== 0)
      throw InputError.of(
        `the editor ended with ${code}; nothing was changed`,
        undefined,
        'Another one is used with: EDITOR=nano homerun secret edit',
      );
    const { values, problems } = parseEdited(readFileSync(file, 'utf8'));
    if (problems.length === 0) return values;
    for (const problem of problems) io.errors.write(`${formatProblem(problem)}\n`);
    if (!(await wantsAgain(io))) return undefined;
  }
}

async function wantsAgain(io: Io): Promise<boolean> {
  try {
    return !/^n/i.test(await io.askLine('Edit again? (Y/n) '));
  } catch (error) {
    if (error instanceof Interrupted) return false;
    throw error;
  }
}

/** The secrets in the text of the editor: a mapping of names to texts, everything as it is written. */
export function parseEdited(text: string): { readonly values: ReadonlyMap<string, string>; readonly problems: readonly Problem[] } {
  const { node, problems } = parseYaml(text, 'secrets');
  const values = new Map<string, string>();
  if (problems.length > 0 || node === undefined) return { values, problems };
  if (node.kind !== 'mapping') return { values, problems: [{ message: 'expected lines NAME: value', source: node.source }] };
  const wrong: Problem[] = [];
  for (const { key, keyNode, value } of node.entries) {
    if (!secretName.test(key)) wrong.push({ message: `"${key}" cannot be the name of a secret`, source: keyNode.source });
    if (value.kind !== 'scalar' || value.value === null) wrong.push({ message: `${key} must be text`, source: value.source });
    else if (value.text.length < shortestSecret)
      wrong.push({ message: `${key} is too short: a secret has at least ${shortestSecret} characters`, source: value.source });
    else values.set(key, value.text);
  }
  return { values, problems: wrong };
}

/** A folder in memory: of this user's session (systemd), else the shared one of Linux. On other systems the usual one for temporary files. */
function memoryFolder(io: Io): string {
  const candidates = [io.environment['XDG_RUNTIME_DIR'], '/dev/shm'];
  return candidates.find((folder) => folder !== undefined && folder !== '' && existsSync(folder) && statSync(folder).isDirectory()) ?? tmpdir();
}
