import { dirname } from 'node:path';
import { inheritFrom } from './inherit.ts';
import { child, describeNode, type Entry, type MappingNode, type Node } from './node.ts';
import type { Inherited } from './play.ts';
import type { PlaybookReader } from './playbook.ts';
import { readYaml } from './reader.ts';
import { isWord, refuseAbsent, refuseWord } from './words.ts';

/** A file of tasks or handlers that `import_tasks` names, with what its import hands down. */
export interface ImportedFile {
  readonly node: Node;
  readonly inherited: Inherited;
  /** The reader within the file. */
  readonly reader: PlaybookReader;
}

/** The entry of a task that makes it an import. */
export function importEntry(mapping: MappingNode): Entry | undefined {
  return mapping.entries.find(({ key }) => /^(ansible\.\w+\.)?import_tasks$/.test(key));
}

/** Where a file of tasks may be, by its name, the first that there is being taken. */
export function taskFilePlaces({ files, folders }: PlaybookReader): (name: string) => readonly string[] {
  return (name) => [...new Set(folders.flatMap((folder) => [files.resolve(name, folder), files.resolve(`tasks/${name}`, folder)]))];
}

/** The reader within a file of tasks, which looks for local files beside it first. */
export function readerWithin(path: string, reader: PlaybookReader): PlaybookReader {
  return { ...reader, folders: [...new Set([dirname(path), ...reader.folders])], importing: [...reader.importing, path] };
}

/** Opens the file of an import; undefined when it is empty, or cannot be (the problem is then noted). */
export function openImport(mapping: MappingNode, { key, value }: Entry, outer: Inherited, reader: PlaybookReader): ImportedFile | undefined {
  const { problems, files } = reader;
  for (const entry of mapping.entries) {
    if (entry.key === key || isWord(entry.key, 'import') || refuseAbsent(entry, problems)) continue;
    if (entry.key === 'loop')
      problems.error(
        'an import cannot be looped over: it is read before the run',
        entry.keyNode.source,
        'Write include_tasks, or put the loop into the tasks of the file.',
      );
    else refuseWord(entry.key, entry.keyNode.source, 'import', problems);
  }
  const named = value.kind === 'mapping' ? child(value, 'file') : value;
  if (named?.kind !== 'scalar' || typeof named.value !== 'string' || named.value.includes('{{')) {
    problems.lose();
    const got = named ? describeNode(named) : 'nothing';
    problems.error(`import_tasks wants the name of a file, got ${got}`, value.source, 'It is read before the run, so the name holds no variables.');
    return undefined;
  }
  const nearest = dirname(reader.importing.at(-1) ?? '');
  const tried = taskFilePlaces(reader)(named.text);
  const path = tried.find((candidate) => files.kind(candidate) === 'file');
  if (path === undefined) {
    problems.lose();
    const wanted = files.resolve(named.text, nearest);
    problems.error(
      files.kind(wanted) === 'folder' ? `${files.shown(wanted)} is a folder, not a file of tasks` : `there is no file ${files.shown(wanted)}`,
      named.source,
      `Looked for: ${tried.map(files.shown).join(', ')}.`,
    );
    return undefined;
  }
  if (reader.importing.includes(path)) {
    problems.error(
      `task files import each other in a circle: ${[...reader.importing, path].map(files.shown).join(' → ')}`,
      named.source,
      'Take one of the imports out.',
    );
    return undefined;
  }
  const node = readYaml(reader, path);
  return node && { node, inherited: inheritFrom(outer, mapping, reader), reader: readerWithin(path, reader) };
}
