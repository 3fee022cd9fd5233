import type { Source } from '../values/errors.ts';
import { checkVariableName, fileLayer, layerOf } from './layer.ts';
import { mappingOf, type Reader } from './reader.ts';
import { constant } from './value.ts';
import type { Binding, Layer } from './variables.ts';
import { parseYaml } from './yaml.ts';

const name = '--extra-vars';

/**
 * The variables of `-e`, later ones over earlier ones: `K=V K2="v 2"` (values are text), JSON or YAML (`{k: 1}`), or `@FILE`.
 * Positions are those within the option's text.
 */
export function extraVarsLayer(given: readonly string[], reader: Reader): Layer {
  const bindings = new Map<string, Binding>();
  for (const text of given) for (const [key, binding] of readOne(text, reader)) bindings.set(key, binding);
  return { name, bindings };
}

function readOne(text: string, reader: Reader): ReadonlyMap<string, Binding> {
  if (text.startsWith('@')) {
    const path = reader.files.resolve(text.slice(1));
    return fileLayer(path, reader, { file: name, line: 1, column: 2 })?.bindings ?? new Map();
  }
  return /^\s*[{[]/.test(text) ? readData(text, reader) : readPairs(text, reader);
}

function readData(text: string, reader: Reader): ReadonlyMap<string, Binding> {
  const { node, problems } = parseYaml(text, name);
  for (const problem of problems) reader.problems.add(problem);
  const mapping = node && mappingOf(node, name, reader.problems, 'Write -e \'{"name": "value"}\'.');
  return mapping ? layerOf(name, mapping, reader).bindings : new Map();
}

const pair = /\s*([^\s=]+)=("(?:\\.|[^"\\])*"|'[^']*'|\S*)/y;

function readPairs(text: string, { problems }: Reader): ReadonlyMap<string, Binding> {
  const bindings = new Map<string, Binding>();
  pair.lastIndex = 0;
  while (pair.lastIndex < text.trimEnd().length) {
    const source: Source = { file: name, line: 1, column: pair.lastIndex + 1 };
    const match = pair.exec(text);
    if (!match) {
      problems.error(
        `-e wants NAME=VALUE, got "${text}"`,
        source,
        'Write -e name=value, -e \'{"name": 1}\' or -e @FILE; quote a value that has spaces: -e \'name="a b"\'.',
      );
      break;
    }
    const [, key = '', value = ''] = match;
    const bare = /^(["']).*\1$/s.test(value) ? value.slice(1, -1).replaceAll(value.startsWith('"') ? /\\(.)/g : /$^/g, '$1') : value;
    const at = () => source;
    if (checkVariableName(key, source, problems)) {
      bindings.set(key, {
        source,
        expression: constant({ kind: 'scalar', value: bare, text: bare, plain: false, unsafe: true, source, locate: at }, bare),
      });
    }
  }
  return bindings;
}
