import type { Source } from '../values/errors.ts';
import type { Value } from '../values/vars.ts';
import { type Expression, omit } from './expression.ts';
import { madeBy } from './made.ts';
import { didYouMean, nearest } from './nearest.ts';
import { describeNode, type Entry, type MappingNode, type Node, placeAt, shortened } from './node.ts';
import type { Made } from './play.ts';
import type { PlaybookReader } from './playbook.ts';
import { mappingOf } from './reader.ts';
import { allRequired, compileValue } from './value.ts';
import { isNearWord, isWord, type Place, refuseAbsent, refuseWord } from './words.ts';

/** The one key of a task that names a module. */
export interface ModuleCall {
  /** Without a collection's prefix. */
  readonly module: string;
  readonly entry: Entry;
}

/** `ansible.builtin.copy` → `copy`. */
export function shortModuleName(name: string): string {
  return name.replace(/^(ansible|community)\.\w+\./, '');
}

/** Finds the module that a task calls; notes every key that is neither a word nor a module, and none or two modules. Undefined where something is wrong. */
export function findModule(mapping: MappingNode, place: Place, reader: PlaybookReader): ModuleCall | undefined {
  const { problems, modules } = reader;
  const hosts = mapping.entries.find(({ key }) => key === 'hosts');
  if (hosts && mapping.entries.some(({ key }) => key === 'tasks' || key === 'roles')) {
    problems.error(
      'a play stands where a task should be',
      hosts.keyNode.source,
      'A file of tasks holds tasks alone. A playbook is taken in beside the plays of another: - import_playbook: FILE.',
    );
    return undefined;
  }
  const calls: ModuleCall[] = [];
  const unknown: Entry[] = [];
  let isRefused = false;
  for (const entry of mapping.entries) {
    const module = shortModuleName(entry.key);
    if (isWord(entry.key, place)) continue;
    if (modules.names.includes(module)) calls.push({ module, entry });
    else if (refuseAbsent({ ...entry, key: module }, problems)) isRefused = true;
    else unknown.push(entry);
  }
  const [call, second] = calls;
  if (call && unknown.length > 0 && isEmpty(call.entry.value) && unknown.every(({ key }) => !isNearWord(key, place)))
    problems.error(
      `"${unknown[0]?.key}" stands beside "${call.entry.key}", not below it`,
      unknown[0]?.keyNode.source ?? mapping.source,
      `Indent the parameters of ${call.module} by two more spaces.`,
    );
  else for (const entry of unknown) noteUnknown(entry, calls.length === 0, place, reader);
  if (second)
    problems.error(
      `a task calls one module, and this one calls two: ${calls.map(({ module }) => module).join(', ')}`,
      second.entry.keyNode.source,
      'Make two tasks of it: begin the second with "- ".',
    );
  if (!call && unknown.length === 0 && !isRefused)
    problems.error('this task calls no module', mapping.source, 'Add one, such as copy: {src: …, dest: …}. "homerun modules" lists them.');
  return unknown.length === 0 && !isRefused ? call : undefined;
}

function isEmpty(node: Node): boolean {
  return node.kind === 'scalar' && node.value === null;
}

/** A key that is neither: a module when the task has none yet, otherwise a word. */
function noteUnknown({ key, keyNode, value }: Entry, lacksModule: boolean, place: Place, { problems, modules }: PlaybookReader): void {
  const looksLikeCall =
    lacksModule &&
    key !== 'import_playbook' &&
    (value.kind !== 'scalar' || /\./.test(key) || nearest(shortModuleName(key), modules.names) !== undefined || !isNearWord(key, place));
  if (!looksLikeCall) return refuseWord(key, keyNode.source, place, problems, lacksModule ? modules.names : []);
  refuseModule(key, keyNode.source, { problems, modules });
}

/** Modules of Ansible's that many playbooks call and that there are none of here: what does it instead. */
const modulesInstead: ReadonlyMap<string, string> = new Map([
  ['apt_key', 'Write deb822_repository: its signed_by takes the key with the repository.'],
  ['apt_repository', 'Write deb822_repository: it takes the key with the repository.'],
  ['docker_compose', 'Write docker_container, docker_network and docker_volume: a task for each.'],
  ['docker_compose_v2', 'Write docker_container, docker_network and docker_volume: a task for each.'],
  ['git', 'Write command: git clone … with creates, or get_url and unarchive for a release.'],
  ['iptables', 'Write the rules with template, and load them with a handler.'],
  ['ufw', 'Write command: ufw … with changed_when.'],
  ['mount', 'Write the line of /etc/fstab with lineinfile, and mount with a handler; or a mount unit with template.'],
  ['synchronize', 'Write copy for a file, and unarchive for a folder of them.'],
  ['service_facts', 'Write command: systemctl is-active UNIT with register and changed_when: false.'],
  ['package_facts', 'Write command: dpkg-query … with register and changed_when: false.'],
  ['pip', 'Write package: python3-…, or command: pip install … with creates.'],
  ['yum', 'Packages are installed by apt alone: write apt or package.'],
  ['dnf', 'Packages are installed by apt alone: write apt or package.'],
]);

/** Notes that there is no module `name`. */
export function refuseModule(name: string, source: Source, { problems, modules }: Pick<PlaybookReader, 'problems' | 'modules'>): void {
  const short = shortModuleName(name);
  const instead = modulesInstead.get(short);
  const hint = instead ?? didYouMean(short, modules.names) ?? '"homerun modules" lists those that there are.';
  problems.error(`there is no module "${name}"`, source, hint);
}

/** What a task has of its module's call. */
interface Called {
  readonly params: Expression;
  readonly makes?: Made;
}

/** The parameters of a call as one mapping: written below the module's name, as free text, and below `args`. */
export function paramsOf({ module, entry }: ModuleCall, args: Node | undefined, task: MappingNode, reader: PlaybookReader): Called {
  const given = givenParams(module, entry, reader);
  // What is wrong has been noted; nothing can be said of the parameters.
  if (!given) return { params: { source: entry.value.source, variables: new Set(), sourceAt: () => entry.value.source, evaluate: () => ({}) } };
  const more = args && mappingOf(args, 'args', reader.problems)?.entries;
  const taken = new Set(given.map(({ key }) => key));
  const entries = [...given];
  for (const other of more ?? []) {
    if (taken.has(other.key))
      reader.problems.error(`"${other.key}" is given twice: below the module and below args`, other.keyNode.source, 'Keep one of them.');
    else entries.push(other);
  }
  // What the task says itself counts.
  entries.push(...(reader.moduleDefaults.get(module) ?? []).filter(({ key }) => !entries.some((entry) => entry.key === key)));
  const mapping: MappingNode = { kind: 'mapping', entries, source: entry.value.source };
  const conditions = new Set(reader.modules.conditions(module));
  const variables = new Set(reader.modules.variables(module));
  const expressions = new Map(
    entries.map(({ key, value }) => [
      key,
      conditions.has(key)
        ? conditionsOf(key, value, reader)
        : compileValue(variables.has(key) ? valueOf(value) : value, reader.templates, reader.problems),
    ]),
  );
  const makes = madeBy(module, entries, reader.problems);
  return { params: mappingOfExpressions(mapping, expressions, task), ...(makes && { makes }) };
}

function givenParams(module: string, { keyNode, value }: Entry, { problems, modules }: PlaybookReader): readonly Entry[] | undefined {
  if (value.kind === 'mapping') return value.entries;
  if (value.kind === 'scalar' && value.value === null) return [];
  const freeForm = modules.freeForm(module);
  if (value.kind === 'list' || freeForm === undefined) {
    const text = value.kind === 'scalar' ? value.text : '';
    const pairs = [...text.matchAll(/([a-z_]+)=("[^"]*"|'[^']*'|\S*)/g)].map(([, name, given]) => `${name}: ${given}`);
    const hint = pairs.length > 0 ? `Write ${module}: {${pairs.join(', ')}}.` : 'Write one "parameter: value" a line below it.';
    problems.error(`"${module}" wants its parameters as a mapping, got ${describeNode(value)}`, value.source, hint);
    return undefined;
  }
  const inText = /(?:^|\s)(creates|removes|chdir|executable|stdin)=/.exec(value.text);
  if (inText)
    problems.error(
      `"${inText[1]}=" inside the text of "${module}" would be a part of the command`,
      value.locate(inText.index + inText[0].search(/\w/)),
      `Write it below args: {${inText[1]}: …}.`,
    );
  return [{ key: freeForm, keyNode, value }];
}

/** The value of the variable that `node` names. */
function valueOf(node: Node): Node {
  if (node.kind !== 'scalar' || typeof node.value !== 'string' || node.value.includes('{{')) return node;
  const begin = '{{ ';
  const text = `${begin}${node.value} }}`;
  return { ...node, value: text, text, locate: (offset) => node.locate(Math.min(Math.max(offset - begin.length, 0), node.text.length)) };
}

/** A parameter of conditions: a list of what each says and whether it holds. */
function conditionsOf(name: string, node: Node, { conditions, problems }: PlaybookReader): Expression {
  const nodes = node.kind === 'list' ? node.items : [node];
  const compiled = nodes.flatMap((item) =>
    conditions.compile(item, name, problems).map((condition) => ({ condition, text: item.kind === 'scalar' ? shortened(item.text, 200) : '' })),
  );
  const union = (pick: (item: (typeof compiled)[number]) => ReadonlySet<string>) => new Set(compiled.flatMap((item) => [...pick(item)]));
  return {
    source: node.source,
    variables: union(({ condition }) => condition.variables),
    required: allRequired(compiled.map(({ condition }) => condition)),
    evaluate: (scope) => compiled.map(({ condition, text }) => ({ text, holds: condition.evaluate(scope) })),
    sourceAt: (path, ofKey) => placeAt(node, path, ofKey),
  };
}

function mappingOfExpressions(mapping: MappingNode, entries: ReadonlyMap<string, Expression>, task: MappingNode): Expression {
  const all = [...entries.values()];
  const source = mapping.source ?? task.source;
  return {
    source,
    variables: new Set(all.flatMap((expression) => [...expression.variables])),
    required: allRequired(all),
    entries,
    sourceAt(path, ofKey) {
      const [first, ...rest] = path;
      const expression = first === undefined || (ofKey && rest.length === 0) ? undefined : entries.get(String(first));
      return expression?.sourceAt(rest, ofKey) ?? (ofKey ? placeAt(mapping, path, true) : source);
    },
    evaluate: (scope) => withoutOmitted([...entries].map(([key, expression]) => [key, expression.evaluate(scope)])),
  };
}

function withoutOmitted(pairs: readonly (readonly [string, Value])[]): Value {
  return Object.fromEntries(pairs.filter(([, value]) => value !== omit));
}
