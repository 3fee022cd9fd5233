/**
 * Names what a question reads and a change writes, so that the engine knows which answers a change makes stale.
 * `file:/etc/hosts`, `package:nginx`, `image:…`; `*` stands for everything on the host (a command whose effects nobody knows).
 */
export type Resource = '*' | `${string}:${string}`;

const separator = ':';

/**
 * Whether writing `written` may change what `read` names. Equal names do; `*` on either side does; of two files, one that is the
 * other's ancestor does (a removed folder takes its files along, a new file changes its folder); `kind:*` covers its whole kind.
 */
export function overlaps(written: Resource, read: Resource): boolean {
  if (written === '*' || read === '*' || written === read) return true;
  const [writtenKind, writtenName] = parts(written);
  const [readKind, readName] = parts(read);
  if (writtenKind !== readKind) return false;
  if (writtenName === '*' || readName === '*') return true;
  return writtenKind === 'file' && (isWithin(writtenName, readName) || isWithin(readName, writtenName));
}

function parts(resource: Resource): readonly [kind: string, name: string] {
  const at = resource.indexOf(separator);
  return [resource.slice(0, at), resource.slice(at + 1)];
}

function isWithin(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}
