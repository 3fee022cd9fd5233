import { join, sep } from 'node:path';
import { InputError } from '../values/errors.ts';
import type { Value } from '../values/vars.ts';
import type { Expression } from './expression.ts';
import type { Files } from './files.ts';
import type { ScalarNode } from './node.ts';
import { isTemplate } from './template.ts';
import { scopeOf, valueLayer } from './variables.ts';

/** Stands for whatever a template gives; no name of a file holds it. */
const anything = '\uE000';

/** `text` with a mark in place of each template; of what blocks (`{{#if}}`) give, all that they span may be anything. */
function marked(text: string): string {
  const isBlock = /\{\{\s*[#^]/.test(text);
  return text.replaceAll(isBlock ? /\{\{.*\}\}/gs : /\{\{.*?\}\}/gs, anything);
}

/**
 * The names that an include may ask for: each one where that can be told now (no template in it, or only the variable of a loop over a list that is
 * written out), else its text with the templates.
 */
export function namesOf(named: ScalarNode, wanted: Expression<string>, loop: Expression | undefined, loopVar: string): readonly string[] {
  const isOfLoop = loop?.variables.size === 0 && [...wanted.variables].every((name) => name === loopVar);
  if (!isTemplate(named.text) || !isOfLoop) return [named.text];
  try {
    const items = loop.evaluate(scopeOf([]));
    return Array.isArray(items) ? items.map((item: Value) => wanted.evaluate(scopeOf([valueLayer('loop', { [loopVar]: item })]))) : [];
  } catch (error) {
    if (error instanceof InputError) return [named.text];
    throw error;
  }
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
