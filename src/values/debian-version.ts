/** Compares versions of Debian packages as dpkg does (deb-version(7)): negative where `one` is older, 0 where neither is, positive where it is newer. */
export function compareVersions(one: string, other: string): number {
  const [left, right] = [partsOf(one), partsOf(other)];
  return left.epoch - right.epoch || comparePart(left.upstream, right.upstream) || comparePart(left.revision, right.revision);
}

function partsOf(version: string): { readonly epoch: number; readonly upstream: string; readonly revision: string } {
  const [, epoch = '0', rest = ''] = /^(?:(\d+):)?(.*)$/.exec(version) ?? [];
  const dash = rest.lastIndexOf('-');
  return { epoch: Number(epoch), upstream: dash < 0 ? rest : rest.slice(0, dash), revision: dash < 0 ? '' : rest.slice(dash + 1) };
}

/** Text and numbers in turn: text by its characters, numbers by their value. */
function comparePart(one: string, other: string): number {
  const [left, right] = [piecesOf(one), piecesOf(other)];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const [text, number] = left[index] ?? ['', 0];
    const [otherText, otherNumber] = right[index] ?? ['', 0];
    const order = compareText(text, otherText) || number - otherNumber;
    if (order !== 0) return order;
  }
  return 0;
}

function piecesOf(part: string): readonly (readonly [text: string, number: number])[] {
  return [...part.matchAll(/(\D*)(\d*)/g)].filter(([all]) => all !== '').map(([, text = '', digits = '']) => [text, Number(digits)]);
}

/** A tilde comes before everything, even the end; then the end, letters, and all else. */
function compareText(one: string, other: string): number {
  for (let index = 0; index < Math.max(one.length, other.length); index++) {
    const order = rank(one.charAt(index)) - rank(other.charAt(index));
    if (order !== 0) return order;
  }
  return 0;
}

function rank(character: string): number {
  if (character === '~') return -1;
  if (character === '') return 0;
  return /[A-Za-z]/.test(character) ? character.charCodeAt(0) : character.charCodeAt(0) + 256;
}
