import type { Source } from '../values/errors.ts';
import { connectionVariables } from './connection.ts';
import type { Inventory } from './inventory.ts';
import type { Item, Play, Task } from './play.ts';
import type { Problems } from './problems.ts';
import type { ProjectText } from './project-texts.ts';
import type { Layer } from './variables.ts';

/** Where a variable gets a value. */
interface Definition {
  readonly name: string;
  readonly source: Source;
  readonly isRegistered?: true;
}

/** What of a project is looked at. */
interface Looked {
  readonly plays: readonly Play[];
  readonly inventory: Inventory;
  readonly texts: readonly ProjectText[];
  /** All playbooks of the project: what only these could use is then used or not. */
  readonly isWhole: boolean;
}

/**
 * Warns of variables whose name stands nowhere but where they get a value. Any other mention counts as a use, so that nothing is said of one that a
 * template, another playbook or `hostvars` reads.
 */
export function adviceOnUnused({ plays, inventory, texts, isWhole }: Looked, problems: Problems): void {
  if (texts.some(({ text }) => dynamic.test(text))) return;
  const layers = [...new Set([...plays.flatMap(layersOfPlay), ...[...inventory.hosts.values()].flatMap((host) => host.layers)])];
  const used = new Set([...texts.flatMap(({ file, text }) => wordsOf(file, text)), ...layers.flatMap(readBy)]);
  const declared = new Set(plays.flatMap(declaredIn));
  const definitions = [
    ...plays.flatMap((play) => definedIn(play, isWhole)),
    ...(isWhole ? [...inventory.hosts.values()].flatMap((host) => host.layers.flatMap(definedBy)) : []),
  ];
  for (const { name, source, isRegistered } of definitions) {
    if (used.has(name) || declared.has(name) || isForOthers(name)) continue;
    if (isRegistered)
      problems.warning(`nothing uses what is registered as "${name}"`, source, 'Take register out, or read it where it was meant to be.');
    else problems.warning(`nothing uses the variable "${name}"`, source, 'Delete it, or look whether the name that is read is spelt otherwise.');
  }
}

/** A name that is put together while the run goes on: any variable may be meant. */
const dynamic =
  /\bvars\[(?!(?:"\w*"|'\w*')\])|\bhostvars(?:\.[\w-]+|\[[^\]]+\])\[(?!(?:"\w*"|'\w*')\])|\blookup\s+(?:vars|@root|hostvars\.\S+|\(lookup\s+hostvars\s+[^)]+\))\s+(?!["'])|\b(?:json|yaml|keys|values|dict2items|merge|#each)\s+\(?(?:lookup\s+)?(?:hostvars|@root)\b/;

const ofConnections = new Set(Object.values(connectionVariables.names).flat());

/** Read by homerun or Ansible itself, or said to be unused. */
function isForOthers(name: string): boolean {
  return ofConnections.has(name) || /^(ansible_|ssh_|_)/.test(name);
}

/** All words of a text that may name a variable: not keys, not what a task registers, not the name of a task, no comment. Outside of YAML only what braces hold. */
function wordsOf(file: string, text: string): readonly string[] {
  const isYaml = /\.ya?ml$|\/[^./]+$|\.ini$/.test(file);
  const looked = isYaml ? withoutDefinitions(text) : (text.match(/\{\{[\s\S]*?\}\}/g) ?? []).join('\n');
  return looked.match(/[A-Za-z_]\w*/g) ?? [];
}

function withoutDefinitions(text: string): string {
  return text
    .replaceAll(/^[ \t]*#.*$/gm, '')
    .replaceAll(/^[ \t]*(?:- +)*name:[ \t](?!.*\{\{).*$/gm, '')
    .replaceAll(/\bregister:[ \t]*["']?\w+/g, '')
    .replaceAll(/(^[ \t]*(?:- +)*|[{,][ \t]*)(["']?)[A-Za-z_]\w*\2:(?=\s|$)/gm, '$1')
    .replaceAll(/(^|[ \t])[A-Za-z_]\w*=(?!=)/gm, '$1');
}

function readBy({ bindings }: Layer): readonly string[] {
  return [...bindings.values()].flatMap((binding) => ('expression' in binding ? [...binding.expression.variables] : []));
}

function definedBy({ bindings }: Layer): readonly Definition[] {
  return [...bindings].flatMap(([name, { source }]) => (source ? [{ name, source }] : []));
}

function layersOfPlay({ layers, tasks, handlers }: Play): readonly Layer[] {
  const items = [...itemsIn(tasks), ...handlers.map(({ task }) => task)];
  return [...layers.defaults, ...layers.vars, ...items.flatMap(layersOfItem)];
}

function layersOfItem(item: Item): readonly Layer[] {
  if (item.kind === 'block') return [];
  const { defaults = [], vars = [], params = [] } = item.around ?? {};
  const included = item.kind === 'include' ? item.choices.flatMap((choice) => choice.vars ?? []) : [];
  return [...item.vars, ...defaults, ...vars, ...params, ...included];
}

/** What a play and its tasks set. A file of variables may be for other playbooks too. */
function definedIn(play: Play, isWhole: boolean): readonly Definition[] {
  const items = [...itemsIn(play.tasks), ...play.handlers.map(({ task }) => task)];
  const ofPlay = play.layers.vars.flatMap(definedBy).filter(({ source }) => isWhole || source.file === play.source.file);
  const layers = [...new Set(items.flatMap(layersOfItem))];
  return [...ofPlay, ...layers.flatMap(definedBy), ...items.flatMap((item) => (item.kind === 'task' ? setBy(item) : []))];
}

function setBy({ module, params, register, source }: Task): readonly Definition[] {
  const facts = module === 'set_fact' ? [...(params.entries?.keys() ?? [])].filter((name) => name !== 'cacheable') : [];
  return [
    ...facts.map((name) => ({ name, source: params.sourceAt([name], true) })),
    ...(register === undefined ? [] : [{ name: register, source, isRegistered: true as const }]),
  ];
}

/** What argument specs declare belongs to whoever wrote them. */
function declaredIn({ specs, tasks }: Play): readonly string[] {
  const ofRoles = itemsIn(tasks).flatMap((item) => (item.kind === 'block' ? [...(item.role?.arguments?.specs.options.keys() ?? [])] : []));
  return [...(specs?.options.keys() ?? []), ...ofRoles];
}

/** All items, those in blocks and of includes too. */
function itemsIn(items: readonly Item[]): readonly Item[] {
  return items.flatMap((item): readonly Item[] => {
    if (item.kind === 'include') return [item, ...item.choices.flatMap((choice) => itemsIn(choice.items))];
    return item.kind === 'block' ? [item, ...itemsIn([...item.block, ...item.rescue, ...item.always])] : [item];
  });
}
