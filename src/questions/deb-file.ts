import { quote } from '../values/command.ts';
import { checkPath, linesOf, splitParts } from './parts.ts';
import { type Question, type QuestionKind, question } from './question.ts';

/** What a Debian package says of itself in its file. */
export type DebFileAnswer =
  | { readonly state: 'none' }
  /** It is there, and is no package. */
  | { readonly state: 'broken' }
  | { readonly state: 'package'; readonly name: string; readonly version: string };

interface DebFileParams {
  readonly path: string;
}

/** The name and version of the package in a file of the host. @throws TypeError for a path that is none. */
export function debFile(path: string): Question<DebFileAnswer> {
  return question(debFileKind, { path: checkPath(path) });
}

export const debFileKind: QuestionKind<DebFileParams, DebFileAnswer> = {
  kind: 'deb file',
  reads: ({ path }) => [`file:${path}`],
  script: (params) => `deb() {
  if [ ! -e "$1" ]; then echo none
  else dpkg-deb -f "$1" Package Version 2>/dev/null || echo broken; fi
  echo .
}
${params.map(({ path }) => `deb ${quote(path)}`).join('\n')}`,
  split: (output, params) => splitParts(output, params.length),
  parse(part) {
    const lines = linesOf(part);
    if (lines.includes('none')) return { state: 'none' };
    const fields = new Map(lines.map((line): [string, string] => [line.split(': ')[0] ?? '', line.slice(line.indexOf(': ') + 2)]));
    const [name, version] = [fields.get('Package'), fields.get('Version')];
    return name === undefined || version === undefined ? { state: 'broken' } : { state: 'package', name, version };
  },
};
