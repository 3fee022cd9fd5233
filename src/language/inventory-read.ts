import { dirname, join } from 'node:path';
import { InputError } from '../values/errors.ts';
import { adviseOnConnections } from './connection-advice.ts';
import type { GrowingInventory } from './inventory.ts';
import { assembled } from './inventory-assemble.ts';
import { formOf, inventoryFiles } from './inventory-files.ts';
import { growing } from './inventory-growing.ts';
import { readIniInventory } from './inventory-ini.ts';
import { hostNames } from './inventory-names.ts';
import { readProgramInventory } from './inventory-program.ts';
import { InventoryBuilder, type RawInventory } from './inventory-raw.ts';
import { varsFilesIn, warnOfStrays } from './inventory-vars.ts';
import { readYamlInventory } from './inventory-yaml.ts';
import { Problems } from './problems.ts';
import { type Reader, readYaml } from './reader.ts';

/**
 * Reads inventories, of which a later one adds to an earlier one and wins over it.
 * @param playbookFolders where the playbooks lie: `group_vars` and `host_vars` beside them count more than those beside inventories.
 * @param given files in YAML or INI form, programs, folders of them, and lists of hosts (`h1,h2` or `h1,`).
 * @throws InputError when one cannot be found; what is wrong inside goes to the reader's problems.
 */
export function readInventory(given: readonly string[], reader: Reader, playbookFolders: readonly string[] = []): GrowingInventory {
  const { files, problems } = reader;
  const raw: RawInventory = { groups: new Map(), hosts: new Map() };
  const folders = given.flatMap((one) => readSource(one, raw, reader) ?? []);
  if (raw.hosts.size === 0 && problems.errors.length === 0) {
    throw InputError.of(
      `the inventory has no hosts (${given.map((path) => files.shown(files.resolve(path))).join(', ')})`,
      undefined,
      'Write at least one: all: {hosts: {h1: {ssh_host: 192.0.2.1}}}.',
    );
  }
  const beside = folders.map((folder) => varsFilesIn(folder, raw, reader));
  const besidePlaybooks = varsFolders(playbookFolders, reader).filter((folder) => folder !== folders.at(-1));
  const varsFiles = [...beside, ...besidePlaybooks.map((folder) => varsFilesIn(folder, raw, reader))];
  const inventory = growing({
    raw,
    varsFiles,
    // What is wrong in the files is told once.
    assemble: (now) => assembled(now, varsFiles, files.resolve('.'), now === raw ? problems : new Problems()),
    folder: raw.hosts.values().next().value?.folder ?? '',
    // Files of variables beside playbooks are for other inventories too.
    warnOfStrays: (isMade = () => false) => warnOfStrays(raw, beside, reader, isMade),
  });
  adviseOnConnections(inventory, problems);
  return inventory;
}

/** The folder among those of playbooks that has variables. Of two each would be for its own plays alone. */
function varsFolders(folders: readonly string[], { files, problems }: Reader): readonly string[] {
  const found = [...new Set(folders)].filter((folder) => ['group_vars', 'host_vars'].some((name) => files.kind(join(folder, name)) === 'folder'));
  const [first, second] = found;
  if (first !== undefined && second !== undefined)
    problems.error(
      `playbooks of one run lie beside group_vars or host_vars in ${files.shown(first)} and in ${files.shown(second)}`,
      undefined,
      'Run them one after another, or move the variables beside the inventory.',
    );
  return found.slice(0, 1);
}

/** Reads one of the inventories; gives the folder that its `group_vars` and `host_vars` are in, if it can have such. @throws InputError */
function readSource(given: string, raw: RawInventory, reader: Reader): string | undefined {
  const { files } = reader;
  const path = files.resolve(given);
  const kind = files.kind(path);
  if (!kind && given.includes(',')) return readHostList(given, raw, reader);
  if (!kind)
    throw InputError.of(
      `there is no inventory ${files.shown(path)}`,
      undefined,
      'Name one with -i PATH, or copy inventory/example and put in your hosts.',
    );
  for (const file of kind === 'folder' ? inventoryFiles(path, reader) : [path]) readFile(file, raw, reader);
  return kind === 'folder' ? path : dirname(path);
}

/** Hosts on the command line: they are in no group, and there are no ranges, as in Ansible. */
function readHostList(given: string, raw: RawInventory, reader: Reader): undefined {
  const builder = new InventoryBuilder(raw, { file: '', folder: reader.files.resolve('.') }, reader);
  const group = builder.group('ungrouped', { file: '--inventory', line: 1, column: 1 });
  let column = 1;
  for (const part of given.split(',')) {
    const source = { file: '--inventory', line: 1, column: column + part.length - part.trimStart().length };
    const names = part.trim() === '' ? undefined : hostNames(part.trim(), source, reader.problems);
    if (group && names) builder.hosts(group, names, source, undefined);
    column += part.length + 1;
  }
}

function readFile(path: string, raw: RawInventory, reader: Reader): void {
  const { files, problems, runProgram } = reader;
  const name = files.shown(path);
  const form = problems.collect(() => formOf(path, reader));
  if (form === undefined) return problems.lose();
  const builder = new InventoryBuilder(raw, { file: path, folder: dirname(path) }, reader);
  const before = problems.errors.length;
  if (form === 'program') return readProgramInventory({ path, name, run: runProgram }, builder, problems);
  if (form === 'ini') readIniInventory(files.text(path), name, builder, problems);
  else {
    const node = readYaml(reader, path);
    if (node) readYamlInventory(node, builder, problems);
  }
  if (!files.isExecutable(path)) return;
  const hint = `If it is a program, write what runs it into its first line: #!/usr/bin/env python3. If it is none: chmod -x ${name}`;
  const message = 'this file is executable, but its first line names no program to run it: it was read as data';
  problems.add({ message, source: { file: name, line: 1, column: 1 }, hint, severity: problems.errors.length > before ? 'error' : 'warning' });
}
