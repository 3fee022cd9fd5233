import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { secretName } from '../language/secrets-file.ts';
import { parseYaml, stringifyYaml } from '../language/yaml.ts';
import { formatProblem, InputError, type Problem } from '../values/errors.ts';
import { systemReason } from '../values/system-error.ts';
import { Interrupted, type Io } from './io.ts';
import { shortestSecret } from './secret-value.ts';

const header = `# A secret a line: NAME: value. Delete a line to delete a secret. This file is in memory and goes away when you leave the editor.
`;

/** Takes what was edited; gives what stands in the way of it, if anything does. */
export type Accept = (edited: ReadonlyMap<string, string>) => Promise<readonly Problem[]>;

/**
 * Lets the user change `values` in an editor, again until they are taken or the user gives up. They stand in plain only in a file of a folder of this user alone,
 * in memory where the system has such a place, and it is gone afterwards, also after ^C and a crash; what a killed one has left goes with the next.
 */
export async function editSecrets(values: ReadonlyMap<string, string>, io: Io, accept: Accept): Promise<void> {
  if (!io.canAsk) throw InputError.of('an editor needs a terminal', undefined, 'Set one value with: homerun secret set NAME <FILE');
  const folder = newFolder(io);
  const remove = () => rmSync(folder, { recursive: true, force: true });
  // The editor gets ^C as well, and decides; what must not happen is that we end without cleaning up.
  const offs = [io.onInterrupt(() => {}), io.onCrash(remove)];
  try {
    const file = join(folder, 'secrets.yaml');
    writeFileSync(file, header + (values.size === 0 ? '' : stringifyYaml(Object.fromEntries(values))), { mode: 0o600, flag: 'wx' });
    await untilRight(file, io, accept);
  } finally {
    remove();
    for (const off of offs) off();
  }
}

async function untilRight(file: string, io: Io, accept: Accept): Promise<void> {
  for (;;) {
    const code = await io.runEditor(file);
    if (code !== 0)
      throw InputError.of(
        `the editor ended with ${code}; nothing was changed`,
        undefined,
        'Another one is used with: EDITOR=nano homerun secret edit',
      );
    const { values, problems } = parseEdited(readEdited(file));
    const found = problems.length > 0 ? problems : await accept(values);
    if (found.length === 0) return;
    for (const problem of found) io.errors.write(`${formatProblem(problem)}\n`);
    if (!(await wantsAgain(io))) return;
  }
}

function readEdited(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw InputError.of(`the editor has removed its file; nothing was changed (${systemReason(error)})`);
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
  if (problems.length > 0 || node === undefined) return { values, problems: problems.map(withoutText) };
  if (node.kind !== 'mapping') return { values, problems: [{ message: 'expected lines NAME: value', source: node.source }] };
  const wrong: Problem[] = [];
  for (const { key, keyNode, value } of node.entries) {
    if (!secretName.test(key)) wrong.push({ message: 'what stands before the colon cannot be the name of a secret', source: keyNode.source });
    else if (value.kind !== 'scalar' || value.value === null) wrong.push({ message: `${key} must be text`, source: value.source });
    else if (value.text.length < shortestSecret)
      wrong.push({ message: `${key} is too short: a secret has at least ${shortestSecret} characters`, source: value.source });
    else values.set(key, value.text);
  }
  return { values, problems: wrong };
}

/** The reader's messages quote what they are about, and here that may be a secret. */
function withoutText({ source }: Problem): Problem {
  const message = 'this cannot be read as NAME: value';
  return { message, hint: 'Put single quotes around the value, and double each of those in it.', ...(source && { source }) };
}

/** What two people have made of the same values. */
export interface Merged {
  readonly values: ReadonlyMap<string, string>;
  /** Names that both have changed, and not to the same: here with their values. */
  readonly conflicts: readonly string[];
}

/** Changes of two people to `base` at once. */
export function mergeSecrets(base: ReadonlyMap<string, string>, ours: ReadonlyMap<string, string>, theirs: ReadonlyMap<string, string>): Merged {
  const values = new Map<string, string>();
  const conflicts: string[] = [];
  for (const name of new Set([...theirs.keys(), ...ours.keys()])) {
    const [before, our, their] = [base.get(name), ours.get(name), theirs.get(name)];
    const isConflict = our !== before && their !== before && our !== their;
    if (isConflict) conflicts.push(name);
    const value = our === before || isConflict ? their : our;
    if (value !== undefined) values.set(name, value);
  }
  return { values, conflicts };
}

const prefix = 'homerun-edit-';

/** A new folder in memory: of this user's session (systemd), else the shared one of Linux. On other systems where temporary files are. */
function newFolder(io: Io): string {
  const places = [io.environment['XDG_RUNTIME_DIR'], '/dev/shm', tmpdir()].filter((place): place is string => place !== undefined && place !== '');
  for (const place of places) sweep(place);
  for (const place of places) {
    try {
      return mkdtempSync(join(place, `${prefix}${process.pid}-`));
    } catch {
      // The next one.
    }
  }
  throw InputError.of(`no folder can be made in ${places.join(', ')}`, undefined, 'Name one that is yours with XDG_RUNTIME_DIR.');
}

/** Removes what editing has left whose process is gone. What is another user's stays, as it cannot be removed. */
function sweep(place: string): void {
  try {
    for (const name of readdirSync(place)) {
      const owner = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1];
      if (owner !== undefined && !lives(Number(owner)) && lstatSync(join(place, name)).uid === userInfo().uid)
        rmSync(join(place, name), { recursive: true, force: true });
    }
  } catch {
    // It is for tidiness alone.
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
