import type { Defect, TestChoice } from '../defects.ts';

/** Mistakes that turn the figures red that are taken on whole hosts: the table of environments, and the kills. Each takes minutes. */

const rows = (...names: readonly string[]): TestChoice => ({ file: 'e2e/environments', environment: { HOMERUN_ENVIRONMENTS: names.join('\n') } });
const kills: TestChoice = { file: 'soak/kills', environment: { HOMERUN_KILLS: '24', HOMERUN_SEED: '1' } };

const ofEnvironments: readonly Defect[] = [
  {
    what: 'a session speaks the language of the account',
    file: 'remote/start',
    from: 'export LC_ALL=C LANGUAGE= PATH',
    to: 'export PATH',
    test: rows('.bashrc with a Turkish locale'),
  },
  {
    what: 'a session has the PATH of the account alone',
    file: 'remote/start',
    from: '}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"',
    to: '}"',
    test: rows('.bashrc with a PATH that leads nowhere'),
  },
  {
    what: 'a full disk is told in the words of the program alone',
    file: 'modules/support/explain',
    from: 'No space left on device|',
    to: '',
    test: rows('a full disk'),
  },
  {
    what: 'a program that is missing is not named',
    file: 'modules/support/explain',
    from: 'isOurs ? missingInOurs : undefined',
    to: 'undefined',
    test: rows('no mktemp'),
  },
  {
    what: 'a script of the user may not do without a program',
    file: 'engine/task',
    from: 'run.explain(output, !opaque)',
    to: 'run.explain(output, true)',
    test: { file: 'engine/run', match: 'does without a program' },
  },
  {
    what: 'what a login shell says before it ends is not told',
    file: 'remote/shell',
    from: "how}${noise.trim() === ''",
    to: 'how}${noise.trim() !== undefined',
    test: rows('nologin as login shell'),
  },
];

const ofKills: readonly Defect[] = [
  {
    what: 'the journal keeps no handlers',
    file: 'engine/journal',
    from: 'if (isDeepStrictEqual(after, before))',
    to: 'if (!isDeepStrictEqual(after, []))',
    test: kills,
  },
  {
    what: 'on a slow disk a file is written in its place',
    file: 'modules/support/write-file',
    from: 'put_in_place "$t" "$place" ||',
    to: '{ : >"$p"; sleep 0.2; cat -- "$t" >"$p"; } ||',
    test: kills,
  },
  {
    what: 'what a run begins is not on record',
    file: 'engine/run-record',
    from: 'append({ host, begins: what });',
    to: '',
    test: kills,
  },
];

export const figureDefects: readonly Defect[] = [...ofEnvironments, ...ofKills];
