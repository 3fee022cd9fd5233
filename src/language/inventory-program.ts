import { InputError, type Source } from '../values/errors.ts';
import { checkHostName } from './inventory-names.ts';
import type { InventoryBuilder, RawGroup } from './inventory-raw.ts';
import { parseJsonNode } from './json-node.ts';
import { child, describeNode, type Entry, type MappingNode, type Node, type ScalarNode } from './node.ts';
import type { Problems } from './problems.ts';
import type { RunProgram } from './programs.ts';

/** A program that prints an inventory. */
export interface InventoryProgram {
  /** Absolute. */
  readonly path: string;
  /** For messages. */
  readonly name: string;
  readonly run: RunProgram;
}

const example = '{"web": {"hosts": ["h1"]}, "_meta": {"hostvars": {"h1": {"ssh_host": "192.0.2.1"}}}}';

/**
 * Takes in what a program prints when it is called with `--list`, in the form of Ansible: groups, each with `hosts`, `vars` and `children`
 * or a list of hosts, and `_meta.hostvars`; without `_meta` it is called with `--host NAME` for each host. Places are those in what it prints.
 */
export function readProgramInventory(program: InventoryProgram, builder: InventoryBuilder, problems: Problems): void {
  const printed = problems.collect(() => mappingFrom(program, ['--list'], example));
  if (!printed) return problems.lose();
  const reader = new ProgramInventory(program, builder, problems);
  const meta = child(printed, '_meta');
  for (const entry of printed.entries) if (entry.key !== '_meta') reader.group(entry);
  reader.variables(meta);
}

/** What the program prints for `args`. @throws InputError */
function mappingFrom({ path, name, run }: InventoryProgram, args: readonly string[], form: string): MappingNode {
  const call = `${name} ${args.join(' ')}`;
  const end = run(path, args);
  if ('failure' in end) throw InputError.of(`${call} ${end.failure}`, undefined, saidOn(end.errors) ?? `Try it by hand: ${path} ${args.join(' ')}`);
  if (end.code !== 0)
    throw InputError.of(`${call} ended with exit code ${end.code}`, undefined, saidOn(end.errors) ?? 'It says nothing on standard error.');
  const text = utf8(end.output, call);
  // Programs of old print nothing for a host that has no variables.
  if (text.trim() === '' && args[0] === '--host') return emptyAt(call);
  const node = withHint(() => parseJsonNode(text, call), `${saidOn(end.errors) ?? 'Nothing else may go to standard output.'}\n  Expected ${form}.`);
  if (node.kind === 'mapping') return node;
  throw InputError.of(`an inventory program prints a mapping, got ${describeNode(node)}`, node.source, `Expected ${form}.`);
}

function emptyAt(file: string): MappingNode {
  return { kind: 'mapping', entries: [], source: { file, line: 1, column: 1 } };
}

function utf8(bytes: Uint8Array, call: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw InputError.of(`what ${call} prints is not UTF-8`, undefined, 'Let it print UTF-8, or escape what is not ASCII (\\u00e9).');
  }
}

/** The last lines of standard error, which say why. */
function saidOn(errors: string): string | undefined {
  const lines = errors
    .trimEnd()
    .split('\n')
    .slice(-8)
    .map((line) => line.trimEnd().slice(0, 300));
  return lines.join('') === '' ? undefined : `It says: ${lines.join('\n           ')}`;
}

function withHint<T>(work: () => T, hint: string): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(error.problems.map((problem) => ({ ...problem, hint })));
  }
}

/** A class for what all its steps share. */
class ProgramInventory {
  readonly #program: InventoryProgram;
  readonly #builder: InventoryBuilder;
  readonly #problems: Problems;
  /** Each host with the group that names it first. */
  readonly #hosts = new Map<string, { readonly group: RawGroup; readonly source: Source }>();

  constructor(program: InventoryProgram, builder: InventoryBuilder, problems: Problems) {
    this.#program = program;
    this.#builder = builder;
    this.#problems = problems;
  }

  group({ key, keyNode, value }: Entry): void {
    const group = this.#builder.group(key, keyNode.source);
    if (!group) return;
    if (value.kind !== 'mapping') return this.#groupHosts(group, value);
    const [hosts, vars, children] = ['hosts', 'vars', 'children'].map((word) => child(value, word));
    // Without any of them it is a host with its variables, as in Ansible.
    if (!hosts && !vars && !children) {
      if (value.entries.length > 0) {
        this.#host(group, keyNode);
        this.#builder.vars(group, value);
      }
      return;
    }
    for (const { key: word, keyNode: place } of value.entries)
      if (!['hosts', 'vars', 'children'].includes(word))
        this.#problems.warning(`"${word}" of the group "${key}" is not read`, place.source, 'A group has hosts, vars and children.');
    if (hosts) this.#groupHosts(group, hosts);
    if (vars?.kind === 'mapping') this.#builder.vars(group, vars);
    else if (vars) this.#wrong(`vars of "${key}"`, 'a mapping', vars);
    if (children) for (const name of this.#texts(`children of "${key}"`, children)) this.#builder.child(group, name.text, name.source);
  }

  #groupHosts(group: RawGroup, value: Node): void {
    for (const name of this.#texts(`hosts of "${group.name}"`, value)) this.#host(group, name);
  }

  #host(group: RawGroup, { text, source }: ScalarNode): void {
    if (!checkHostName(text, source, this.#problems)) return;
    this.#builder.hosts(group, { names: [text] }, source, undefined);
    if (!this.#hosts.has(text)) this.#hosts.set(text, { group, source });
  }

  /** The variables of the hosts: those of `_meta.hostvars`, or what the program prints for each. */
  variables(meta: Node | undefined): void {
    const given = meta?.kind === 'mapping' ? child(meta, 'hostvars') : undefined;
    if (meta && meta.kind !== 'mapping') return this.#wrong('_meta', 'a mapping', meta);
    if (given && given.kind !== 'mapping') return this.#wrong('_meta.hostvars', 'a mapping', given);
    for (const { key, keyNode } of given?.entries ?? [])
      if (!this.#hosts.has(key))
        this.#problems.warning(`"${key}" is in no group, and so no host`, keyNode.source, 'Name it in the hosts of a group: "all" or "ungrouped".');
    for (const [name, { group, source }] of this.#hosts) {
      const vars = given
        ? child(given, name)
        : this.#problems.collect(() => mappingFrom(this.#program, ['--host', name], '{"ssh_host": "192.0.2.1"}'));
      if (vars?.kind === 'mapping') this.#builder.hosts(group, { names: [name] }, source, vars);
      else if (vars) this.#wrong(`the variables of "${name}"`, 'a mapping', vars);
      // What fails for one host fails for all.
      else if (!given) return;
    }
  }

  #texts(what: string, node: Node): readonly ScalarNode[] {
    if (node.kind !== 'list') {
      this.#wrong(what, 'a list of names', node);
      return [];
    }
    return node.items.flatMap((item) => {
      if (item.kind === 'scalar' && typeof item.value === 'string') return [item];
      this.#wrong(what, 'names', item);
      return [];
    });
  }

  #wrong(what: string, expected: string, node: Node): void {
    this.#problems.error(`${what} wants ${expected}, got ${describeNode(node)}`, node.source, `The form is ${example}.`);
  }
}
