import { type Command, quote } from '../../values/command.ts';
import { type Attributes, setAttributes } from './attributes.ts';
import { chunks } from './chunks.ts';
import { resolvedMode } from './mode.ts';

/** Makes a folder and those above that are not there; each new one gets the attributes (mode 0755 by default), and is closed until its owner is set. */
export function makeFolder(path: string, attributes: Attributes): Command {
  const steps = [
    `p=${quote(path)}`,
    'whole=$p missing=0',
    'while [ ! -d "$p" ]; do missing=$((missing + 1)); p=${p%/*}; p=${p:-/}; done',
    'until [ "$missing" -eq 0 ]; do',
    '  missing=$((missing - 1)) rest=$whole count=$missing',
    '  while [ "$count" -gt 0 ]; do rest=${rest%/*} count=$((count - 1)); done',
    '  (umask 077; mkdir -- "$rest") || exit 1',
    attributeScript(attributes, '"$rest"', '0755'),
    'done',
  ];
  return { script: steps.join('\n') };
}

/** Makes folders below one that is there, each behind the one that it is in; as `makeFolder`, but few processes make them all. */
export function makeFolders(top: string, names: readonly string[], attributes: Attributes): Command {
  const steps = chunks(names).flatMap((chunk) => {
    const words = `"$@"`;
    return [
      `set -- ${chunk.map((name) => quote(`./${name}`)).join(' ')}`,
      `(umask 077; mkdir -- ${words}) || exit 1`,
      attributeScript(attributes, words, '0755'),
    ];
  });
  return { script: [`cd -- ${quote(top)} || exit 1`, ...steps].join('\n') };
}

/** The commands that give what is new its attributes. @param name a word of sh for it. @param fallback the mode where none is wanted, and that symbols start from. */
export function attributeScript({ owner, group, mode }: Attributes, name: string, fallback: '0644' | '0755'): string {
  const wanted = { owner, group, mode: resolvedMode(mode ?? fallback, fallback, fallback === '0755') };
  return setAttributes('$', wanted)
    .map(({ script }) => `${script.replace(/'\$'$/, name)} || exit 1`)
    .join('\n');
}
