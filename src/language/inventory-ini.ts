import type { Source } from '../values/errors.ts';
import { hostNames } from './inventory-names.ts';
import { type InventoryBuilder, type RawGroup, scalarNode } from './inventory-raw.ts';
import type { Entry, MappingNode, Node, ScalarNode } from './node.ts';
import type { Problems } from './problems.ts';
import { pythonLiteral } from './python-literal.ts';
import { splitWords, type Word, WordError } from './shlex.ts';

/** Whether a file that may be YAML as well is in INI form: a section stands at the beginning of a line. */
export function looksLikeIni(text: string): boolean {
  return /^\[[^\]\n]+\][ \t]*(#.*)?\r?$/m.test(text);
}

/**
 * Takes in a file of Ansible's INI form: hosts by line below `[group]`, variables below `[group:vars]`, groups below `[group:children]`.
 * Values are read as Ansible reads them: literals of Python, and text where they are none.
 * @param file its name, for places.
 */
export function readIniInventory(text: string, file: string, builder: InventoryBuilder, problems: Problems): void {
  const reader = new IniInventory(file, builder, problems);
  text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\n|\r/)
    .forEach((line, index) => reader.line(line, index + 1));
  reader.end();
}

const section = /^\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?$/;
const kinds = ['hosts', 'vars', 'children'] as const;
type Kind = (typeof kinds)[number];

/** One line: its text without space at its ends, and where that stands. */
interface Line {
  readonly text: string;
  readonly at: (offset: number) => Source;
}

/** Reads one file line by line; a class for what it is inside of. */
class IniInventory {
  readonly #file: string;
  readonly #builder: InventoryBuilder;
  readonly #problems: Problems;
  /** Groups that are spoken of before they are there, each with the place and the words for it. */
  readonly #wanted: { readonly name: string; readonly source: Source; readonly message: string; readonly hint: string }[] = [];
  readonly #declared = new Set<string>();
  #kind: Kind = 'hosts';
  /** Undefined after a section that is wrong: what stands in it is passed over. */
  #group: RawGroup | undefined;
  #isBefore = true;

  constructor(file: string, builder: InventoryBuilder, problems: Problems) {
    this.#file = file;
    this.#builder = builder;
    this.#problems = problems;
  }

  line(whole: string, number: number): void {
    const text = whole.trim();
    if (text === '' || text.startsWith('#') || text.startsWith(';')) return;
    const indent = whole.length - whole.trimStart().length;
    const line: Line = { text, at: (offset) => ({ file: this.#file, line: number, column: indent + offset + 1 }) };
    const stray = /\p{Cc}/u.exec(text.replaceAll('\t', ' '));
    const found = section.exec(text);
    if (stray) this.#problems.error('a control character stands here', line.at(stray.index), 'Delete it.');
    else if (found) this.#section(found, line);
    else if (/^\[.*\]$/.test(text)) {
      this.#group = undefined;
      this.#isBefore = false;
      this.#problems.error(`"${text}" is no section`, line.at(0), 'Write [web], [web:vars] or [web:children], without spaces in it.');
    } else this.#entry(line);
  }

  #section([, name = '', suffix]: RegExpExecArray, { text, at }: Line): void {
    this.#isBefore = false;
    const kind = kinds.find((one) => one === (suffix ?? 'hosts'));
    const isNew = !this.#builder.knows(name);
    this.#group = kind && this.#builder.group(name, at(1));
    if (!kind) {
      const place = at(text.indexOf(':') + 1);
      return this.#problems.error(
        `a section has hosts, vars or children, not "${suffix}"`,
        place,
        `Write [${name}], [${name}:vars] or [${name}:children].`,
      );
    }
    this.#kind = kind;
    if (kind !== 'vars') this.#declared.add(name);
    else if (isNew)
      this.#wanted.push({ name, source: at(1), message: `there is no group "${name}"`, hint: `Write [${name}] and its hosts below it.` });
  }

  #entry(line: Line): void {
    if (this.#isBefore) this.#group ??= this.#builder.group('ungrouped', line.at(0));
    const group = this.#group;
    if (!group) return;
    if (this.#kind === 'hosts') this.#hosts(group, line);
    else if (this.#kind === 'vars') this.#variable(group, line);
    else this.#child(group, line);
  }

  #hosts(group: RawGroup, { text, at }: Line): void {
    const { words, cutAt } = this.#split(text, at);
    const [first, ...rest] = words;
    if (!first) return;
    if (cutAt !== undefined)
      this.#problems.warning('a comment begins here, within a word, as in Ansible', at(cutAt), 'Put the value in quotes if # belongs to it.');
    if (first.text.includes('='))
      return this.#problems.error(
        `here a line begins with the name of a host, got "${first.text}"`,
        at(first.start),
        `A variable of the group stands below [${group.name}:vars].`,
      );
    const names = hostNames(first.text, at(first.start), this.#problems);
    const entries: Entry[] = [];
    for (const word of rest) {
      const entry = this.#assignment(word, at);
      // What follows is its consequence: a = b is three words.
      if (!entry) break;
      entries.push(entry);
    }
    const vars: MappingNode = { kind: 'mapping', entries, source: at(rest[0]?.start ?? 0) };
    if (names) this.#builder.hosts(group, names, at(first.start), vars);
  }

  #split(text: string, at: Line['at']): ReturnType<typeof splitWords> {
    try {
      return splitWords(text);
    } catch (error) {
      if (!(error instanceof WordError)) throw error;
      this.#problems.error(error.message, at(error.offset), error.hint);
      return { words: [] };
    }
  }

  #assignment(word: Word, at: Line['at']): Entry | undefined {
    const equals = word.text.indexOf('=');
    const place = (offset: number) => at(word.offsets[offset] ?? word.start + offset);
    if (equals < 1) {
      const hint = 'No space may stand around "=", and a value with spaces stands in quotes: a="b c".';
      this.#problems.error(`after a host stands NAME=VALUE, got "${word.text}"`, at(word.start), hint);
      return undefined;
    }
    const name = word.text.slice(0, equals);
    const value = valueOf(word.text.slice(equals + 1), (offset) => place(equals + 1 + offset));
    this.#advise(name, value, word.text.slice(equals + 1), word.quoted);
    return { key: name, keyNode: scalarNode(name, name, place), value };
  }

  #variable(group: RawGroup, { text, at }: Line): void {
    const equals = text.indexOf('=');
    if (equals < 1) return this.#problems.error(`below [${group.name}:vars] stands NAME=VALUE, got "${text}"`, at(0), 'Write one variable a line.');
    const name = text.slice(0, equals).trimEnd();
    const start = text.length - text.slice(equals + 1).trimStart().length;
    const written = text.slice(start);
    const value = valueOf(written, (offset) => at(start + offset));
    this.#advise(name, value, written, false);
    const comment = isText(value) ? written.search(/\s#/) : -1;
    if (comment >= 0)
      this.#problems.warning(
        `what follows # belongs to the value of "${name}", as in Ansible`,
        at(start + comment + 1),
        'Write the comment on a line of its own, or the value in quotes if it belongs there.',
      );
    this.#builder.vars(group, { kind: 'mapping', entries: [{ key: name, keyNode: scalarNode(name, name, at), value }], source: at(0) });
  }

  #child(group: RawGroup, { text, at }: Line): void {
    const name = /^([^:\]\s]+)\s*(?:#.*)?$/.exec(text)?.[1];
    if (name === undefined)
      return this.#problems.error(`below [${group.name}:children] stands the name of a group, got "${text}"`, at(0), 'Write one group a line.');
    if (!this.#builder.knows(name)) {
      const hint = `Write [${name}] and its hosts below it. If it is a host, it belongs below [${group.name}].`;
      this.#wanted.push({ name, source: at(0), message: `there is no group "${name}"`, hint });
    }
    this.#builder.child(group, name, at(0));
  }

  /** What the values of this form surprise with. */
  #advise(name: string, value: Node, written: string, quoted: boolean): void {
    // There numbers and booleans are taken as text too.
    if (/^(ansible|ssh)_|^become/.test(name)) return;
    if (value.kind === 'scalar' && quoted && typeof value.value === 'number')
      this.#problems.warning(
        `"${name}" is a number for all its quotes, as in Ansible`,
        value.source,
        `Write ${name}='"${written}"' if it shall be text, or leave the quotes away.`,
      );
    if (!isText(value)) return;
    if (/^(true|false)$/i.test(written))
      this.#problems.warning(
        `"${name}" is text here, as in Ansible`,
        value.source,
        `Write ${written.toLowerCase() === 'true' ? 'True' : 'False'} for a boolean.`,
      );
    if (/^(\[.*\]|\{(?!\{).*\})$/.test(written))
      this.#problems.warning(
        `"${name}" is text here: it is no list or mapping as Python writes it`,
        value.source,
        quoted || written.includes("'")
          ? 'Put text within it in quotes, and write True, False, None.'
          : `Put the whole in quotes: ${name}="['a', 'b']".`,
      );
  }

  /** What can only be said when all has been read. */
  end(): void {
    for (const { name, source, message, hint } of this.#wanted) if (!this.#declared.has(name)) this.#problems.error(message, source, hint);
  }
}

function valueOf(text: string, at: (offset: number) => Source): Node {
  return pythonLiteral(text, at) ?? scalarNode(text, text, at);
}

function isText(node: Node): node is ScalarNode {
  return node.kind === 'scalar' && typeof node.value === 'string';
}
