import { basename } from 'node:path';
import { InputError, type Source } from '../values/errors.ts';
import { choicesOf } from './include-choices.ts';
import { namesOf } from './include-names.ts';
import { inheritFrom } from './inherit.ts';
import { layerOf } from './layer.ts';
import { shortModuleName } from './module-call.ts';
import { nearest } from './nearest.ts';
import { child, describeNode, type Entry, type MappingNode } from './node.ts';
import type { Choice, Include, Inherited } from './play.ts';
import type { PlaybookReader } from './playbook.ts';
import { mappingOf } from './reader.ts';
import { roleParams, wordsOfRoleTask } from './role-task.ts';
import { loopControlOf, loopOf, nameOf } from './task.ts';
import { compileValue, converted, toText } from './value.ts';
import { nothingAround } from './variables.ts';
import { isBlockWord, isWord, refuseAbsent, refuseStrange, refuseWord } from './words.ts';

/** The entry of a task that makes it an include. */
export function includeEntry(mapping: MappingNode): Entry | undefined {
  return mapping.entries.find(({ key }) => /^(ansible\.\w+\.)?include_(tasks|role|vars)$/.test(key));
}

/** Reads an include with all that it may include; none where it is wrong (the problem is then noted). */
export function readInclude(mapping: MappingNode, entry: Entry, outer: Inherited, reader: PlaybookReader): readonly Include[] {
  const { problems, templates } = reader;
  const module = shortModuleName(entry.key) as Include['module'];
  for (const other of mapping.entries) {
    if (other.key === entry.key || isWord(other.key, 'include') || refuseAbsent(other, problems)) continue;
    if (isBlockWord(other.key) && module !== 'include_vars')
      problems.error(
        `"${other.key}" cannot stand beside ${module}: it would not reach what is included`,
        other.keyNode.source,
        `Write it below apply: ${module}: {…, apply: {${other.key}: …}}.`,
      );
    else refuseWord(other.key, other.keyNode.source, 'include', problems);
  }
  const given = givenOf(module, entry, mapping, reader);
  const named = given && (module === 'include_role' ? (child(given, 'name') ?? child(given, 'role')) : child(given, 'file'));
  const what = module === 'include_role' ? 'role' : 'file';
  if (!given) return [];
  if (named?.kind !== 'scalar' || typeof named.value !== 'string') {
    problems.lose();
    problems.error(`${module} wants the name of a ${what}, got ${named ? describeNode(named) : 'nothing'}`, named?.source ?? entry.value.source);
    return [];
  }
  const { when, tags, vars, around } = inheritFrom(outer, mapping, reader);
  const loop = loopOf(mapping, reader);
  const loopControl = loopControlOf(child(mapping, 'loop_control'), reader);
  const wanted = converted(compileValue(named, templates, problems), toText(module));
  const names = namesOf(named, wanted, loop, loopControl.loopVar);
  const choices = choicesOf({ module, named, names, given, task: mapping, inherited: withinInclude(mapping, given, outer, reader) }, reader);
  if (!choices) return [];
  return [
    {
      kind: 'include',
      id: reader.uniqueId(mapping.source),
      source: mapping.source,
      name: nameOf(child(mapping, 'name'), module, mapping, reader),
      module,
      wanted,
      choices: choices.all,
      choose: (name) => choices.find(name) ?? refuseChoice(what, name, choices.all, named.source),
      when,
      tags,
      vars,
      ...(around && { around }),
      ...(loop && { loop }),
      loopControl,
    },
  ];
}

function refuseChoice(what: string, name: string, all: readonly Choice[], source: Source): never {
  const shown = all.map((choice) => choice.shown);
  const near = nearest(
    name,
    all.map((choice) => (what === 'file' ? basename(choice.shown) : choice.shown)),
  );
  throw InputError.of(
    `there is no ${what} "${name}" to include`,
    source,
    `${near === undefined ? '' : `Did you mean "${near}"? `}What the name may stand for was read before the run: ${shown.join(', ') || 'nothing'}.`,
  );
}

/** The parameters of the call and those below `args`. */
function givenOf(module: Include['module'], entry: Entry, mapping: MappingNode, reader: PlaybookReader): MappingNode | undefined {
  const { problems } = reader;
  const { value, keyNode } = entry;
  const isText = module !== 'include_role' && value.kind === 'scalar' && value.value !== null;
  const params = isText
    ? undefined
    : module === 'include_role'
      ? roleParams(entry, reader)
      : mappingOf(value, module, problems, `Write ${module}: FILE.`);
  if (!isText && !params) return undefined;
  const args = child(mapping, 'args');
  const more = args && mappingOf(args, 'args', problems);
  const entries = [...(isText ? [{ key: 'file', keyNode, value }] : (params?.entries ?? [])), ...(more?.entries ?? [])];
  const known = { include_tasks: ['file', 'apply'], include_role: [...wordsOfRoleTask, 'apply'], include_vars: ['file', 'name'] };
  refuseStrange(entries, known[module], module, problems);
  return { kind: 'mapping', entries, source: value.source };
}

/** What the included tasks have from outside: what is around the include, its `vars` as parameters, and `apply`. */
function withinInclude(mapping: MappingNode, given: MappingNode, outer: Inherited, reader: PlaybookReader): Inherited {
  const { problems } = reader;
  const vars = child(mapping, 'vars');
  // What is wrong with them has been noted where the include's own words were read.
  const quiet = vars?.kind === 'mapping' && vars.entries.length > 0 ? vars : undefined;
  const params = quiet ? [layerOf(`vars of the include, ${quiet.source.file}:${quiet.source.line}`, quiet, reader)] : [];
  const around = outer.around ?? nothingAround;
  const inner: Inherited = { ...outer, ...(params.length > 0 && { around: { ...around, params: [...around.params, ...params] } }) };
  const apply = child(given, 'apply');
  const words = apply && mappingOf(apply, 'apply', problems);
  if (!words) return inner;
  for (const { key, keyNode } of words.entries) if (!isBlockWord(key)) refuseWord(key, keyNode.source, 'block', problems);
  return inheritFrom(inner, words, reader);
}
