import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { list, number, text } from './coerce.ts';
import type { Helpers } from './helper.ts';
import { sha512Crypt } from './sha512-crypt.ts';

/** Helpers that take and give text. */
export const textHelpers: Helpers = {
  join: {
    usage: 'join LIST [SEPARATOR]',
    summary: 'The items as one text, separated by SEPARATOR (default a comma).',
    example: ['join names "-"', 'web1-db1'],
    arity: [1, 2],
    run: ([items, separator]) =>
      list(items)
        .map(text)
        .join(separator === undefined ? ',' : text(separator)),
  },
  split: {
    usage: 'split TEXT [SEPARATOR]',
    summary: 'The parts of a text between SEPARATOR (default white space) as a list.',
    example: ['split "a,b" ","', ['a', 'b']],
    arity: [1, 2],
    run: ([value, separator]) => (separator === undefined ? text(value).split(/\s+/).filter(Boolean) : text(value).split(text(separator))),
  },
  indent: {
    usage: 'indent TEXT SPACES',
    summary: 'Each line but the first moved to the right by SPACES.',
    example: ['indent lines 2', 'one\n  two'],
    arity: [2, 2],
    run: ([value, spaces]) => text(value).replaceAll('\n', `\n${' '.repeat(number(spaces))}`),
  },
  lower: {
    usage: 'lower TEXT',
    summary: 'The text in small letters.',
    example: ['lower "ABC"', 'abc'],
    arity: [1, 1],
    run: ([value]) => text(value).toLowerCase(),
  },
  upper: {
    usage: 'upper TEXT',
    summary: 'The text in capital letters.',
    example: ['upper name', 'WEB1'],
    arity: [1, 1],
    run: ([value]) => text(value).toUpperCase(),
  },
  trim: {
    usage: 'trim TEXT',
    summary: 'The text without white space at both ends.',
    example: ['trim "  a b "', 'a b'],
    arity: [1, 1],
    run: ([value]) => text(value).trim(),
  },
  replace: {
    usage: 'replace TEXT OLD NEW',
    summary: 'The text with every OLD replaced by NEW; no pattern.',
    example: ['replace "a.b" "." "-"', 'a-b'],
    arity: [3, 3],
    run: ([value, old, replacement]) => text(value).split(text(old)).join(text(replacement)),
  },
  quote: {
    usage: 'quote TEXT',
    summary: 'The text as one word for a POSIX shell.',
    example: ['quote "a b"', "'a b'"],
    arity: [1, 1],
    run: ([value]) => `'${text(value).replaceAll("'", "'\\''")}'`,
  },
  b64encode: {
    usage: 'b64encode TEXT',
    summary: 'The text in Base64.',
    example: ['b64encode "abc"', 'YWJj'],
    arity: [1, 1],
    run: ([value]) => Buffer.from(text(value)).toString('base64'),
  },
  b64decode: {
    usage: 'b64decode TEXT',
    summary: 'The text that Base64 stands for, as UTF-8.',
    example: ['b64decode "YWJj"', 'abc'],
    arity: [1, 1],
    run: ([value]) => Buffer.from(text(value), 'base64').toString('utf8'),
  },
  sha256: {
    usage: 'sha256 TEXT',
    summary: 'The SHA-256 of the text in hexadecimal digits.',
    example: ['sha256 "abc"', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    arity: [1, 1],
    run: ([value]) => createHash('sha256').update(text(value)).digest('hex'),
  },
  sha512: {
    usage: 'sha512 TEXT',
    summary: 'The SHA-512 of the text in hexadecimal digits.',
    example: [
      'sha512 "abc"',
      'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
    ],
    arity: [1, 1],
    run: ([value]) => createHash('sha512').update(text(value)).digest('hex'),
  },
  password_hash: {
    usage: 'password_hash PASSWORD SALT',
    summary:
      'The hash of a password as crypt(3) makes it (SHA-512), for the module `user`; the same SALT (up to 16 letters and digits) gives the same hash, so that a rerun changes nothing.',
    example: ['password_hash "secret" "web1"', '$6$web1$oCK8lDZ2cTyD6yNBmP7ydo3zHWlMehiDocwZkkEeShPzwA6C3jyAI4xq2fmSx2zSvVu8sCAIRI6PEQ7dT/ej01'],
    arity: [2, 2],
    run: ([password, salt]) => sha512Crypt(text(password), text(salt)),
  },
  basename: {
    usage: 'basename PATH',
    summary: 'The last part of a path.',
    example: ['basename "/a/b.c"', 'b.c'],
    arity: [1, 1],
    run: ([value]) => posix.basename(text(value)),
  },
  dirname: {
    usage: 'dirname PATH',
    summary: 'The folder that a path is in.',
    example: ['dirname "/a/b.c"', '/a'],
    arity: [1, 1],
    run: ([value]) => posix.dirname(text(value)),
  },
  starts_with: {
    usage: 'starts_with TEXT START',
    summary: 'Whether a text begins with START.',
    example: ['starts_with name "web"', true],
    arity: [2, 2],
    run: ([value, start]) => text(value).startsWith(text(start)),
    inConditions: 'text.startsWith(start)',
  },
  ends_with: {
    usage: 'ends_with TEXT END',
    summary: 'Whether a text ends with END.',
    example: ['ends_with name "1"', true],
    arity: [2, 2],
    run: ([value, end]) => text(value).endsWith(text(end)),
    inConditions: 'text.endsWith(end)',
  },
};
