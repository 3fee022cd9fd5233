import * as z from 'zod';
import { type Entry, entries } from '../questions/entries.ts';
import { ask } from '../questions/question.ts';
import { TaskError } from '../values/errors.ts';
import { problemIn } from '../values/pattern.ts';
import type { Vars } from '../values/vars.ts';
import { defineModule } from './module.ts';
import { bool, commaList, line, mode, path } from './params.ts';
import { searching } from './support/edit-file.ts';
import { extended } from './support/extended-pattern.ts';
import { bitNames } from './support/mode.ts';
import { globTest, type NameTest, regexTest, roughGlob } from './support/name-patterns.ts';
import { pattern } from './support/pattern.ts';

/** A number with a letter for its unit, in what the letters stand for; a minus in front means at most. */
const amount = (units: { readonly [letter: string]: number }, what: string) =>
  z
    .union([z.string(), z.number().transform(String)], `expected ${what}`)
    .refine((value) => new RegExp(`^-?\\d{1,12}[${Object.keys(units).join('')}]?$`, 'i').test(value), `expected ${what}`)
    .transform((value) => ({
      isMost: value.startsWith('-'),
      value: Number.parseInt(value.replace('-', ''), 10) * (units[value.slice(-1).toLowerCase()] ?? 1),
    }));

const seconds = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
const bytes = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

const params = z
  .strictObject({
    paths: commaList(path())
      .refine((paths) => paths.length > 0, 'expected a folder')
      .describe('The folders that are searched; a list, or text with commas.'),
    patterns: commaList(line())
      .default([])
      .describe('Names of which one must match: shell patterns, or regular expressions with `use_regex`. A list, or text with commas. Default: all.'),
    excludes: commaList(line()).default([]).describe('Names that are left out, in the same form.'),
    use_regex: bool()
      .default(false)
      .describe("`patterns` and `excludes` are Python's regular expressions, which must match from the beginning of the name on."),
    contains: pattern()
      .refine((source) => problemIn(() => extended(source)) === undefined, {
        error: ({ input }) => problemIn(() => extended(String(input))) ?? '',
      })
      .optional()
      .describe(
        'A regular expression that must match at the beginning of a line of the file (`.*` in front for anywhere); searched by grep -E, without the line end.',
      ),
    file_type: z.enum(['any', 'directory', 'file', 'link']).default('file').describe('What is looked for.'),
    recurse: bool().default(false).describe('Search folders in the folders too.'),
    depth: z.coerce.number().int().min(0).optional().describe('With `recurse`: how many levels. Default (and 0): all.'),
    hidden: bool().default(false).describe('Find names that begin with a dot, too.'),
    age: amount(seconds, 'an age such as 3600, 2d or -4w')
      .optional()
      .describe('Not changed for so long: seconds, or with `s`, `m`, `h`, `d`, `w`. With a minus: changed within it.'),
    age_stamp: z.enum(['atime', 'ctime', 'mtime']).default('mtime').describe('Which time `age` is about.'),
    size: amount(bytes, 'a size such as 512, 10m or -1g')
      .optional()
      .describe('A file of so many bytes or more, with `k`, `m`, `g`, `t` of 1024 each. With a minus: so many or fewer.'),
    mode: mode().optional().describe('The mode in octal with a leading zero, as text: `"0644"`.'),
    exact_mode: bool().default(true).describe('The whole mode must be so; without it, one of its bits is enough.'),
  })
  .refine(({ contains, file_type }) => contains === undefined || file_type === 'file', 'contains is for file_type: file')
  .superRefine(({ use_regex, patterns, excludes }, context) => {
    if (!use_regex) return;
    for (const [name, list] of Object.entries({ patterns, excludes }))
      for (const [index, one] of list.entries()) {
        const problem = problemIn(() => regexTest(one));
        if (problem) context.addIssue({ code: 'custom', path: [name, index], message: problem });
      }
  });

type Params = z.output<typeof params>;

export default defineModule({
  summary: 'Find files in folders of the host by name, age, size and content, and register them.',
  params,
  examples: [
    {
      description: 'Old logs, removed one by one',
      task: 'find:\n  paths: /var/log/app\n  patterns: "*.log.gz"\n  age: 4w\nregister: old_logs',
    },
    {
      description: 'Which sites listen on port 80',
      task: 'find:\n  paths: /etc/nginx/sites-enabled\n  file_type: any\n  patterns: ["*.conf"]\n  excludes: [default.conf]\nregister: sites',
    },
  ],
  aliases: { path: 'paths', name: 'paths', pattern: 'patterns', exclude: 'excludes' },
  absent: {
    follow: 'Links below a folder are not followed: name where they lead in paths.',
    get_checksum: 'Use the module stat over what is found.',
    read_whole_file: 'Files are searched line by line.',
    limit: 'All that is found is registered; narrow it down with patterns.',
  },
  ask: (params) =>
    ask({
      found: entries({
        paths: params.paths,
        type: params.file_type,
        depth: params.recurse ? params.depth || undefined : 1,
        hidden: params.hidden,
        names: params.use_regex || params.patterns.length === 0 ? undefined : params.patterns.map(roughGlob),
        leastSize: params.size && !params.size.isMost ? params.size.value : undefined,
        mostSize: params.size?.isMost ? params.size.value : undefined,
        contains: params.contains === undefined ? undefined : extended(params.contains),
        withTime: params.age && true,
      }),
    }),
  plan: (_params, { found }) => {
    const long = found.folders.find(({ state }) => state === 'long');
    if (long) throw new TaskError(`more is found in ${long.path} than can be registered`, 'Narrow it down with patterns, size or depth.');
    return [];
  },
  result: (params, { found }) => {
    const isWanted = wantedBy(params, found.time ?? 0);
    const folders = found.folders.map((folder) => searching(folder.path, () => folder.entries.filter(isWanted)));
    const files = folders.flat().map(varsOf);
    const skipped = Object.fromEntries(
      found.folders.flatMap(({ path, state }) =>
        state === 'folder' ? [] : [[path, state === 'absent' ? 'is not a directory' : 'cannot be read as a whole']],
      ),
    );
    return {
      files,
      matched: files.length,
      examined: found.folders.reduce((sum, { examined }) => sum + examined, 0),
      skipped_paths: skipped,
      ...(Object.keys(skipped).length > 0 && {
        msg: `not all is searched: ${Object.entries(skipped)
          .map(([path, why]) => `${path} ${why}`)
          .join(', ')}`,
      }),
    };
  },
});

/** What find(1) was not asked: whole names, ages and modes. */
function wantedBy({ patterns, excludes, use_regex, age, age_stamp, mode, exact_mode }: Params, time: number): (entry: Entry) => boolean {
  const tests = (list: readonly string[]): readonly NameTest[] => list.map(use_regex ? regexTest : globTest);
  const [some, none] = [tests(patterns), tests(excludes)];
  const bits = mode === undefined ? undefined : Number.parseInt(mode, 8);
  return (entry) => {
    const name = entry.path.slice(entry.path.lastIndexOf('/') + 1);
    if (some.length > 0 && !some.some((test) => test(name))) return false;
    if (none.some((test) => test(name))) return false;
    const passed = time - entry[stamps[age_stamp]];
    if (age && (age.isMost ? passed > age.value : passed < age.value)) return false;
    if (bits === undefined) return true;
    return exact_mode ? (entry.bits & 0o7777) === bits : (entry.bits & bits) !== 0;
  };
}

const stamps = { atime: 'accessed', ctime: 'changed', mtime: 'modified' } as const;

/** Ansible's names for what is known of an entry; the types are those of inode(7). */
function varsOf({ path, bits, owner, group, ...entry }: Entry): Vars {
  const type = bits & 0o170000;
  return {
    path,
    mode: (bits & 0o7777).toString(8).padStart(4, '0'),
    isreg: type === 0o100000,
    isdir: type === 0o040000,
    islnk: type === 0o120000,
    ischr: type === 0o020000,
    isblk: type === 0o060000,
    isfifo: type === 0o010000,
    issock: type === 0o140000,
    uid: entry.uid,
    gid: entry.gid,
    // stat(1) says so of a number without a name.
    pw_name: owner === 'UNKNOWN' ? '' : owner,
    gr_name: group === 'UNKNOWN' ? '' : group,
    size: entry.size,
    inode: entry.inode,
    dev: entry.device,
    nlink: entry.links,
    atime: entry.accessed,
    mtime: entry.modified,
    ctime: entry.changed,
    ...bitNames(bits),
  };
}
