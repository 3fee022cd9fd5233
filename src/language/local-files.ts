import { dirname, join } from 'node:path';
import { InputError, type Source } from '../values/errors.ts';
import type { Text } from '../values/secret.ts';
import type { LocalBytes } from '../values/stream.ts';
import { splitWords } from '../values/words.ts';
import type { Scope } from './expression.ts';
import { noteJinja } from './jinja.ts';
import { type LocalFolder, readFolder } from './local-folder.ts';
import { candidates, type LocalFileKind } from './local-places.ts';
import type { Task } from './play.ts';
import type { Reader } from './reader.ts';
import { isTemplate, type Template } from './template.ts';
import type { TemplateInput } from './template-evaluate.ts';

export type { LocalFileKind };

/** A file of the user's own machine. */
export interface LocalContent {
  /** As it was found, relative to the working folder. */
  readonly path: string;
  /** A file's bytes, of what may be a folder not read yet; a template's text, secret when a secret went into it. */
  readonly content: Text | Uint8Array | LocalBytes;
  /** Of a script: the words behind its path. */
  readonly words?: readonly string[];
  /** Of what may be a folder: its mode, in four octal digits. */
  readonly mode?: string;
  /** Of a folder: what is in it, and whether that alone is meant. */
  readonly tree?: LocalFolder & { readonly isContent: boolean };
}

/** Reads the local files of tasks. Each template is compiled once. */
export interface LocalFiles {
  /**
   * @param path as the task gives it; relative to the folders of the task, their `files/` or `templates/`, and the project's.
   * @param asked the place that names it. @throws InputError
   */
  read(kind: LocalFileKind, path: string, task: Pick<Task, 'folders'>, scope: Scope, asked?: Source): LocalContent;
  /** Throws InputError unless the file at `path` is there and may be read; gives it without its content. */
  probe(kind: Exclude<LocalFileKind, 'template'>, path: string, task: Pick<Task, 'folders'>, asked?: Source): LocalContent;
  /** The template at `path`, compiled but not rendered, to see its mistakes and its variables. @throws InputError */
  template(path: string, task: Pick<Task, 'folders'>, asked?: Source): Template;
}

/**
 * @param projectFolder where the project's own `files/` and `templates/` are.
 */
export function createLocalFiles(reader: Pick<Reader, 'files' | 'templates' | 'problems'>, projectFolder: string): LocalFiles {
  const { files, templates, problems } = reader;
  const compiled = new Map<string, Template>();
  const places = new Map<string, string>();

  function find(kind: LocalFileKind, path: string, task: Pick<Task, 'folders'>, asked: Source | undefined): string {
    const key = [kind, path, ...(task.folders ?? [])].join('\0');
    const known = places.get(key);
    if (known !== undefined) return known;
    const tried = candidates(kind, path, task.folders ?? [], files.resolve, projectFolder);
    const found = tried.find((candidate) => files.kind(candidate) !== undefined);
    if (found === undefined)
      throw InputError.of(`there is no ${kind === 'tree' ? 'file' : kind} ${path}`, asked, `Looked for: ${tried.map(files.shown).join(', ')}.`);
    if (kind !== 'tree' && files.kind(found) === 'folder') throw InputError.of(`${files.shown(found)} is a folder, not a ${kind}`, asked);
    places.set(key, found);
    return found;
  }

  function compile(found: string, asked: Source | undefined): Template {
    const known = compiled.get(found);
    if (known) return known;
    const text = files.text(found, asked);
    const at = positionsOf(text, files.shown(found));
    noteJinja(text, at, problems);
    const template = isTemplate(text) ? templates.compile(text, at, partialsOf(found)) : constantTemplate(text);
    compiled.set(found, template);
    return template;
  }

  function treeAt(found: string, path: string, asked: Source | undefined): LocalContent {
    const shown = files.shown(found);
    const entry = files.look(found, asked);
    if (entry?.isFolder)
      return { path: shown, content: new Uint8Array(), tree: { isContent: path.endsWith('/'), ...readFolder(found, files, asked) } };
    return { path: shown, content: entry?.content ?? files.bytes(found, asked), ...(entry && { mode: entry.mode }) };
  }

  /** `{{> name}}` is `name.hbs` or `name` beside the template. */
  function partialsOf(template: string): NonNullable<TemplateInput['partial']> {
    return (name, source) => {
      const tried = [`${name}.hbs`, name].map((file) => join(dirname(template), file));
      const found = tried.find((candidate) => files.kind(candidate) === 'file');
      if (found === undefined) throw InputError.of(`there is no template ${name}`, source, `Looked for: ${tried.map(files.shown).join(', ')}.`);
      const text = files.text(found, source);
      const at = positionsOf(text, files.shown(found));
      return { program: templates.parse(text, at), at };
    };
  }

  return {
    read(kind, text, task, scope, asked) {
      const { path, words } = named(kind, text, asked);
      const found = find(kind, path, task, asked);
      if (kind === 'tree') return treeAt(found, path, asked);
      const content = kind === 'template' ? compile(found, asked).render(scope) : files.bytes(found, asked);
      return { path: files.shown(found), content, ...words };
    },
    probe(kind, text, task, asked) {
      const { path, words } = named(kind, text, asked);
      const found = find(kind, path, task, asked);
      if (kind === 'tree') {
        const tree = treeAt(found, path, asked);
        for (const one of tree.tree?.files ?? []) files.mustBeReadable(`${found}/${one.path}`, asked);
        if (tree.tree) return tree;
      }
      files.mustBeReadable(found, asked);
      return { path: files.shown(found), content: new Uint8Array(), ...words };
    },
    template: (path, task, asked) => compile(find('template', path, task, asked), asked),
  };
}

/** The path in what a task gives, and for a script the words behind it. @throws InputError for a quote that is not closed, or no path. */
function named(
  kind: LocalFileKind,
  text: string,
  asked: Source | undefined,
): { readonly path: string; readonly words?: Pick<LocalContent, 'words'> } {
  if (kind !== 'script') return { path: text };
  try {
    const [path, ...words] = splitWords(text);
    if (path !== undefined) return { path, words: { words } };
  } catch (error) {
    throw InputError.of(error instanceof Error ? error.message : String(error), asked, 'Close it.');
  }
  throw InputError.of('expected the path of a script', asked);
}

function constantTemplate(text: string): Template {
  const none: ReadonlySet<string> = new Set();
  return { variables: none, required: new Map(), comparisons: [], evaluate: () => text, render: () => text };
}

function positionsOf(text: string, file: string): (offset: number) => Source {
  return (offset) => {
    const before = text.slice(0, offset).split('\n');
    return { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  };
}
