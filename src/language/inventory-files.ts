import { extname, join } from 'node:path';
import { InputError } from '../values/errors.ts';
import { looksLikeIni } from './inventory-ini.ts';
import type { Reader } from './reader.ts';

export type InventoryForm = 'yaml' | 'ini' | 'program';

/** Names in the folder of an inventory that are no inventories: what Ansible passes over, and what homerun keeps there. */
const passedOver =
  /^\.|^(group_vars|host_vars|vars_plugins|homerun\.ya?ml|known_hosts\S*)$|^secrets|~$|\.(pyc|pyo|swp|bak|rpm|md|txt|rst|orig|cfg|retry)$/;
/** What lies about in folders, and is never meant to be one. */
const others = /\.(pem|crt|cer|key|pub|age|asc|log|old|example|sample|lock|png|svg)$|^(readme|licen[cs]e|makefile|id_\w+)$/i;

/** The files of a folder that are inventories, and of the folders in it, in the order of names, as Ansible reads them. */
export function inventoryFiles(folder: string, reader: Reader): readonly string[] {
  const { files, problems } = reader;
  return files.list(folder).flatMap((name): readonly string[] => {
    const path = join(folder, name);
    if (passedOver.test(name) || others.test(name)) return [];
    if (files.kind(path) === 'folder') return inventoryFiles(path, reader);
    if (['', '.yaml', '.yml', '.json'].includes(extname(name)) || files.isExecutable(path)) return [path];
    problems.warning(
      `${files.shown(path)} is not read`,
      undefined,
      extname(name) === '.ini'
        ? 'In a folder files that end in .ini are passed over, as in Ansible: take the ending away, or name the file with -i.'
        : 'Inventories in a folder end in .yaml or .yml, or have no ending, or are executable; other files belong elsewhere.',
    );
    return [];
  });
}

/** How the file of an inventory is written. @throws InputError when it cannot be read, or has a form that is not. */
export function formOf(path: string, { files }: Reader): InventoryForm {
  const start = new TextDecoder().decode(files.bytes(path).subarray(0, 4));
  const isProgram = start.startsWith('#!') || start === '\x7fELF';
  if (isProgram && files.isExecutable(path)) return 'program';
  const ending = extname(path);
  const isYaml = ['.yaml', '.yml', '.json'].includes(ending);
  const source = { file: files.shown(path), line: 1, column: 1 };
  if (isProgram && !isYaml)
    throw InputError.of('this inventory is a program that may not be executed', source, `If it shall be run: chmod +x ${files.shown(path)}`);
  if (ending === '.toml') throw InputError.of('inventories in TOML are not read', source, 'Write it in YAML: all: {hosts: {h1: {}}}.');
  const text = files.text(path);
  if (looksLikeIni(text)) return 'ini';
  return isYaml || (ending !== '.ini' && looksLikeYaml(text)) ? 'yaml' : 'ini';
}

/** Whether the first line that is no comment opens a document, a mapping in braces, or is a key. */
function looksLikeYaml(text: string): boolean {
  const first = text.split('\n').find((line) => !/^\s*(#|$)/.test(line)) ?? '';
  return /^(---|%|\{|["']?[\w.-]+["']?\s*:(\s|$))/.test(first);
}
