import * as z from 'zod';
import { type FileAnswer, file } from '../questions/file.ts';
import { type Asking, ask } from '../questions/question.ts';
import { type WebReleaseAnswer, webRelease } from '../questions/web-release.ts';
import type { Change } from '../values/change.ts';
import { sh } from '../values/command.ts';
import { TaskError } from '../values/errors.ts';
import { Secret } from '../values/secret.ts';
import { defineModule } from './module.ts';
import { line, path } from './params.ts';
import { pruneReleases, switchRelease, tidyRelease, unpackRelease } from './support/web-release-commands.ts';
import { writeFile } from './support/write-file.ts';

/** Digits of the digest in the name of a release's folder: enough to tell two files of one version apart. */
const digestDigits = 12;

const word = (what: string) => line().pipe(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._+~-]{0,99}$/, `expected ${what}: letters, digits and ._+~-`));

const params = z
  .strictObject({
    name: word('a name').describe('Name of the application, for people and for its folder.'),
    path: path().optional().describe('Folder of the application. A web server serves `PATH/current`. Default `/var/www/NAME`.'),
    url: line()
      .pipe(z.string().regex(/^https?:\/\/\S+$/, 'expected an http or https URL'))
      .optional()
      .describe('Where the released tarball (`.tar.gz`) is downloaded from, by the host. A top folder that holds everything is left out.'),
    sha256: line()
      .pipe(z.string().regex(/^[0-9A-Fa-f]{64}$/, 'expected the SHA-256 of the tarball: 64 hexadecimal digits'))
      .transform((digest) => digest.toLowerCase())
      .optional()
      .describe('Digest of the tarball. Another one is refused, and nothing is changed.'),
    version: word('a version').optional().describe('Version, for people and for the name of the folder: `releases/VERSION-DIGEST`.'),
    config: z
      .record(z.string(), z.unknown())
      .optional()
      .describe('Mapping that is written as JSON in place of the configuration that the release ships.'),
    config_file: word('a file name').default('config.json').describe('Name of that file.'),
    keep: z.int().min(0).max(20).default(1).describe('How many older releases stay, to go back to, and to serve pages that were opened before.'),
    state: z.enum(['present', 'absent']).default('present').describe('Whether the application is there at all; `absent` removes its folder.'),
  })
  .superRefine((given, context) => {
    if (given.state === 'absent') return;
    for (const name of ['url', 'sha256', 'version'] as const) {
      if (given[name] === undefined) context.addIssue({ code: 'custom', path: [name], message: 'is needed' });
    }
    if (holdsSecret(given.config)) {
      context.addIssue({ code: 'custom', path: ['config'], message: 'holds a secret, but everybody who opens the application can read it' });
    }
  });

type Params = z.output<typeof params>;

interface Answers {
  readonly folder: FileAnswer;
  readonly release: WebReleaseAnswer;
}

function holdsSecret(value: unknown): boolean {
  if (value instanceof Secret) return true;
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsSecret);
}

/** How many wrong files a change names. */
const mostShownFaults = 5;

function folderOf(given: Params): string {
  return given.path ?? `/var/www/${given.name}`;
}

function releaseOf({ version = '', sha256 = '' }: Params): string {
  return `${version}-${sha256.slice(0, digestDigits)}`;
}

function* look(given: Params): Asking<Answers> {
  const folder = folderOf(given);
  return yield* ask({
    folder: file(folder),
    release: webRelease({ folder, release: releaseOf(given), configFile: given.config_file }),
  });
}

function plan(given: Params, { folder, release }: Answers): readonly Change[] {
  const place = folderOf(given);
  if (given.state === 'absent') {
    if (!folder.exists) return [];
    if (release.current === undefined && release.releases.length === 0 && !release.isUnfinished)
      throw new TaskError(`${place} holds no release of an application: it was not put there by homerun`, 'If it shall go, remove it by hand.');
    return [{ summary: `remove ${given.name} (${place})`, commands: [sh`rm -rf -- ${place}`], writes: [`file:${place}`] }];
  }
  return [...unpacking(given, release), ...configuring(given, release), ...switching(given, release), ...pruning(given, release)];
}

function unpacking(given: Params, release: WebReleaseAnswer): readonly Change[] {
  const { name, version = '', url = '', sha256 = '' } = given;
  const folder = folderOf(given);
  const faults = release.faults.filter((fault) => fault.kind === 'mode' || given.config === undefined || fault.path !== given.config_file);
  if (release.isUnpacked && faults.length === 0) return [];
  const writes = [`file:${folder}` as const];
  const id = releaseOf(given);
  if (!release.isUnpacked) {
    return [
      {
        summary: `download ${name} ${version} and unpack it to ${folder}/releases/${id}`,
        commands: [unpackRelease({ folder, release: id, url, sha256 })],
        writes,
      },
    ];
  }
  const shown = faults.slice(0, mostShownFaults).map(({ kind, path: within }) => `${kind}: ${within}`);
  const listed = [...shown, ...(faults.length > shown.length ? ['…'] : [])].join(', ');
  const repair = faults.every((fault) => fault.kind === 'mode')
    ? tidyRelease(folder, id)
    : unpackRelease({ folder, release: id, url, sha256, keepFile: given.config && given.config_file });
  return [{ summary: `repair ${name} ${version} (${listed})`, commands: [repair], writes }];
}

function configuring(given: Params, release: WebReleaseAnswer): readonly Change[] {
  if (given.config === undefined) return [];
  const after = `${JSON.stringify(given.config, null, 2)}\n`;
  const before = release.isUnpacked ? release.config : undefined;
  if (before === after) return [];
  const folder = folderOf(given);
  const written = `${folder}/releases/${releaseOf(given)}/${given.config_file}`;
  return [
    {
      summary: `write ${given.config_file} of ${given.name}`,
      diff: { label: written, ...(before !== undefined && { before }), after },
      commands: [writeFile({ path: written, content: after, owner: '0', group: '0', mode: '0644' })],
      writes: [`file:${folder}`],
    },
  ];
}

function switching(given: Params, release: WebReleaseAnswer): readonly Change[] {
  const id = releaseOf(given);
  if (release.current === id) return [];
  const folder = folderOf(given);
  const before = previousAfter(given, release);
  const summary = `switch ${given.name} ${release.current === undefined ? 'on' : `from ${release.current}`}: ${folder}/current → releases/${id}`;
  return [{ summary, commands: [switchRelease(folder, id, before)], writes: [`file:${folder}`] }];
}

/** The release that `previous` names afterwards. */
function previousAfter(given: Params, { current, previous, releases }: WebReleaseAnswer): string | undefined {
  const candidate = current === releaseOf(given) ? previous : current;
  return candidate !== undefined && candidate !== releaseOf(given) && releases.includes(candidate) ? candidate : undefined;
}

function pruning(given: Params, release: WebReleaseAnswer): readonly Change[] {
  const id = releaseOf(given);
  const before = previousAfter(given, release);
  const others = release.releases.filter((each) => each !== id && each !== before);
  const older = [...(before === undefined ? [] : [before]), ...others];
  const gone = older.slice(given.keep);
  if (gone.length === 0 && !release.isUnfinished) return [];
  const folder = folderOf(given);
  const what = gone.length > 0 ? `old releases of ${given.name}: ${gone.join(', ')}` : `what a cut run left of ${given.name}`;
  return [{ summary: `remove ${what}`, commands: [pruneReleases(folder, [id, ...older.slice(0, given.keep)])], writes: [`file:${folder}`] }];
}

export default defineModule({
  summary:
    'Installs a web application from a released tarball: checked by its digest, unpacked into a folder of its version, switched to by one rename; changed, missing and extra files are found and repaired.',
  params,
  examples: [
    {
      description: 'The admin panel, restricted to one server',
      task: [
        'web_application:',
        '  name: ketesa',
        '  version: v1.4.0',
        '  url: https://github.com/etkecc/ketesa/releases/download/v1.4.0/ketesa.tar.gz',
        '  sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
        '  config: {restrictBaseUrl: "https://matrix.example.org"}',
        '',
      ].join('\n'),
    },
    { description: 'Removed', task: 'web_application:\n  name: ketesa\n  state: absent\n' },
  ],
  ask: look,
  plan,
  result: (given) => ({ path: `${folderOf(given)}/current`, release: given.state === 'absent' ? '' : releaseOf(given) }),
});
