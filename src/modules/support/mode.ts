/** Four octal digits, or symbols as chmod(1) takes them: `u=rwX,g=rX,o=`. */
export type Mode = string;

/** What an account of root has, and what Ansible counts with: a mode without who leaves these bits as they are. */
const umask = 0o022;

const clause = /^([ugoa]*)((?:[-+=](?:[rwxXst]*|[ugo]))+)$/;

/** Whether a text is a mode in symbols. */
export function isSymbolic(mode: Mode): boolean {
  return mode.split(',').every((one) => clause.test(one));
}

/**
 * The four octal digits that `wanted` makes of `found`. All clauses look at the mode as it was found, as Ansible has it.
 * @param wanted digits, or symbols. @param found four octal digits.
 */
export function resolvedMode(wanted: Mode, found: string, isFolder: boolean): string {
  if (!isSymbolic(wanted)) return wanted;
  const before = Number.parseInt(found, 8);
  let mode = before;
  for (const one of wanted.split(',')) {
    const [, who = '', operations = ''] = clause.exec(one) ?? [];
    for (const [, operator = '', letters = ''] of operations.matchAll(/([-+=])([^-+=]*)/g)) {
      for (const user of who === '' || who.includes('a') ? 'ugo' : who)
        mode = applied(mode, user, operator, bitsOf(letters, user, before, isFolder, who === ''));
    }
  }
  return mode.toString(8).padStart(4, '0');
}

/** Whether what has become of `found` stays as it is: `g=o` and the like give another mode each time. */
export function isSettledMode(wanted: Mode | undefined, found: string, isFolder: boolean): boolean {
  if (wanted === undefined) return true;
  const after = resolvedMode(wanted, found, isFolder);
  return resolvedMode(wanted, after, isFolder) === after;
}

const shifts: Readonly<Record<string, number>> = { u: 6, g: 3, o: 0 };
const special: Readonly<Record<string, { readonly bit: number; readonly letter: string }>> = {
  u: { bit: 0o4000, letter: 's' },
  g: { bit: 0o2000, letter: 's' },
  o: { bit: 0o1000, letter: 't' },
};

function bitsOf(letters: string, user: string, before: number, isFolder: boolean, isMasked: boolean): number {
  const shift = shifts[user] ?? 0;
  const mask = isMasked ? ~umask : ~0;
  let bits = 0;
  for (const letter of letters) {
    const plain = { r: 4, w: 2, x: 1 }[letter];
    if (plain !== undefined) bits |= (plain << shift) & mask;
    else if (letter === 'X') bits |= isFolder || (before & 0o111) !== 0 ? 1 << shift : 0;
    else if (letter in shifts) bits |= ((before >> (shifts[letter] ?? 0)) & 7) << shift;
    else if (special[user]?.letter === letter) bits |= special[user].bit;
  }
  return bits;
}

function applied(mode: number, user: string, operator: string, bits: number): number {
  if (operator === '+') return mode | bits;
  if (operator === '-') return mode & ~bits;
  return (mode & ~((7 << (shifts[user] ?? 0)) | (special[user]?.bit ?? 0))) | bits;
}

/** Ansible's names for the bits of a mode: `rusr`, …, `isgid`. */
export function bitNames(bits: number): Readonly<Record<string, boolean>> {
  const has = (bit: number) => (bits & bit) !== 0;
  return {
    rusr: has(0o400),
    wusr: has(0o200),
    xusr: has(0o100),
    rgrp: has(0o040),
    wgrp: has(0o020),
    xgrp: has(0o010),
    roth: has(0o004),
    woth: has(0o002),
    xoth: has(0o001),
    isuid: has(0o4000),
    isgid: has(0o2000),
  };
}
