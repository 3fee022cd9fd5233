import { join, sep } from 'node:path';
import type { Files } from './files.ts';
import { isTemplate } from './template.ts';

/** Stands for whatever a template gives; no name of a file holds it. */
const anything = '\uE000';

/** `text` with a mark in place of each template; of what blocks (`{{#if}}`) give, all that they span may be anything. */
function marked(text: string): string {
  const isBlock = /\{\{\s*[#^]/.test(text);
  return text.replaceAll(isBlock ? /\{\{.*\}\}/gs : /\{\{.*?\}\}/gs, anything);
}

/** Whether `name` could be what `text` gives, each of its templates standing for anything. */
export function couldBe(text: string, name: string): boolean {
  return patternOf(marked(text)).test(name);
}

function patternOf(text: string): RegExp {
  const literal = (part: string) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return new RegExp(`^${text.split(anything).map(literal).join('.*')}$`, 's');
}

/**
 * The files that `text` may name, absolute, each once. A template in it stands for any part of a name between two slashes.
 * @param places the paths at which a name is looked for, the first that there is being taken.
 */
export function filesNamed(text: string, places: (name: string) => readonly string[], files: Files): readonly string[] {
  if (!isTemplate(text)) {
    const found = places(text).find((path) => files.kind(path) === 'file');
    return found === undefined ? [] : [found];
  }
  const found = places(marked(text)).flatMap((path) => expand(sep, path.split(sep).slice(1), files));
  return [...new Set(found)].filter((path) => !path.includes(anything) && files.kind(path) === 'file');
}

function expand(folder: string, [segment, ...rest]: readonly string[], files: Files): readonly string[] {
  if (segment === undefined) return [folder];
  if (!segment.includes(anything)) return expand(join(folder, segment), rest, files);
  if (files.kind(folder) !== 'folder') return [];
  const names = files.list(folder).filter((name) => patternOf(segment).test(name) && (rest.length > 0 || /\.ya?ml$/.test(name)));
  return names.flatMap((name) => expand(join(folder, name), rest, files));
}
