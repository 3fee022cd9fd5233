import { createHash } from 'node:crypto';
import * as z from 'zod';
import { type FileAnswer, file } from '../questions/file.ts';
import { type GroupAnswer, group } from '../questions/group.ts';
import { type Asking, ask } from '../questions/question.ts';
import { type UserAnswer, user } from '../questions/user.ts';
import type { Change } from '../values/change.ts';
import { type Command, raw, sh, withStdin } from '../values/command.ts';
import { TaskError } from '../values/errors.ts';
import { revealed, Secret } from '../values/secret.ts';
import { defineModule } from './module.ts';
import { bool, commaList, line, path, text } from './params.ts';
import { accountName, withTool } from './support/accounts.ts';
import { makeHome } from './support/home-folder.ts';

const days = () => z.coerce.number().int().min(0).max(99_999);

const params = z.strictObject({
  name: accountName().describe('The user.'),
  state: z.enum(['present', 'absent']).default('present').describe('Whether it shall be there.'),
  uid: z.coerce.number().int().min(0).max(4_294_967_294).optional().describe('Its number; by default the system chooses.'),
  non_unique: bool().default(false).describe('Let `uid` be a number that another user has.'),
  group: accountName().optional().describe("Its primary group, which must be there; by default one of the user's name."),
  groups: commaList(accountName()).optional().describe('Further groups, which must be there; an empty list or text for none.'),
  append: bool().default(false).describe('Leave it in groups that are not in `groups`.'),
  comment: line().optional().describe('The full name (GECOS).'),
  home: path().optional().describe('The home folder.'),
  create_home: bool().default(true).describe('Have the home folder there; `/nonexistent` never is.'),
  skeleton: path().optional().describe('The folder that a new home folder is filled from. Default: /etc/skel.'),
  umask: z
    .string('expected a mask as text, such as "077"')
    .regex(/^0?[0-7]{3}$/, 'expected a mask in octal, such as "077"')
    .optional()
    .describe('The mask for the mode of a new home folder, such as "077". Default: what login.defs(5) says.'),
  move_home: bool().default(false).describe('Move the files along when `home` changes.'),
  shell: path().optional().describe('The login shell.'),
  system: bool().default(false).describe('Make it a system user. Counts only when it is created.'),
  password: text()
    .optional()
    .describe('The hash of the password as crypt(3) makes it (the helper `password_hash`, or `openssl passwd -6`); `!` or `*` for none.'),
  update_password: z.enum(['always', 'on_create']).default('always').describe('Whether `password` counts for a user that is there.'),
  password_lock: bool().optional().describe('Whether the password is locked. A user without one cannot be unlocked, and need not be.'),
  password_expire_min: days().optional().describe('Days that must pass before the password is changed again.'),
  password_expire_max: days().optional().describe('Days after which the password must be changed.'),
  expires: z.coerce
    .number()
    .optional()
    .describe('When the account ends, in seconds since 1970 (its day counts, in UTC); a number below 0 for never.'),
  force: bool().default(false).describe('With `state: absent`: remove the user although processes of it run.'),
  remove: bool().default(false).describe('With `state: absent`: remove the home folder too.'),
});

type Params = z.output<typeof params>;

interface Answers {
  readonly user: UserAnswer;
  readonly group?: GroupAnswer;
  /** Those of `groups` that are not there. */
  readonly missing: readonly string[];
  /** The home folder that the user shall have; asked for where it shall be there. */
  readonly home?: FileAnswer;
  /** The one that is moved there. */
  readonly old?: FileAnswer;
}

export default defineModule({
  summary: 'Create, change or remove a user.',
  params,
  examples: [
    { description: 'A user for a service', task: 'user:\n  name: matrix\n  system: true\n  shell: /usr/sbin/nologin\n  home: /var/lib/matrix' },
    { description: 'Membership in a further group', task: 'user:\n  name: anna\n  groups: docker\n  append: true' },
  ],
  aliases: { user: 'name', createhome: 'create_home' },
  absent: {
    generate_ssh_key: 'Use the module command with ssh-keygen and creates.',
    ssh_key_bits: 'Use the module command with ssh-keygen and creates.',
    ssh_key_comment: 'Use the module command with ssh-keygen and creates.',
    ssh_key_file: 'Use the module command with ssh-keygen and creates.',
    ssh_key_passphrase: 'Use the module command with ssh-keygen and creates.',
    ssh_key_type: 'Use the module command with ssh-keygen and creates.',
    local: 'Users are made with useradd(8).',
    seuser: 'Use the module command with semanage(8).',
    login_class: 'It is for other systems than Linux.',
    profile: 'It is for other systems than Linux.',
    role: 'It is for other systems than Linux.',
    authorization: 'It is for other systems than Linux.',
    hidden: 'It is for other systems than Linux.',
  },
  *ask(params): Asking<Answers> {
    const { name, state, group: primary, groups = [], home, move_home } = params;
    const isWanted = state === 'present';
    const first = yield* ask({
      user: user(name, isShadowWanted(params) ? { shadow: true } : {}),
      ...(isWanted && { group: group(primary ?? name) }),
      ...(isWanted && Object.fromEntries(groups.map((one) => [`group ${one}`, group(one)]))),
      ...(isWanted && params.create_home && home !== undefined && { home: file(home, { digest: false }) }),
    });
    // Keys that are made of names have no types of their own; their answers are those of the kind that was asked.
    const found = first as unknown as Record<string, GroupAnswer>;
    const missing = isWanted ? groups.filter((one) => !found[`group ${one}`]?.exists) : [];
    const answers = { user: first.user, ...(first.group && { group: first.group }), missing };
    const now = first.user.home ?? '';
    if (!isWanted || !params.create_home || !first.user.exists || !now.startsWith('/')) return answers;
    if (home === undefined) return { ...answers, ...(yield* ask({ home: file(now, { digest: false }) })) };
    const old = home !== now && move_home ? yield* ask({ old: file(now, { digest: false }) }) : {};
    return { ...answers, ...(first.home && { home: first.home }), ...old };
  },
  plan: (params, answers) => {
    const { user: found, group: primary, missing } = answers;
    const { name, state, remove, force } = params;
    if (state === 'absent')
      return found.exists
        ? [
            change(
              `remove user ${name}${remove ? ' and its home folder' : ''}`,
              withTool('userdel', sh`userdel ${[...(force ? ['-f'] : []), ...(remove ? ['-r'] : [])]} -- ${name}`),
            ),
          ]
        : [];
    if (params.group !== undefined && primary && !primary.exists)
      throw new TaskError(`the group ${params.group} of user ${name} is not there`, 'Create it before with the module group.');
    if (missing.length > 0)
      throw new TaskError(
        `${missing.length === 1 ? `the group ${missing[0]}` : `the groups ${missing.join(', ')}`} of user ${name} ${missing.length === 1 ? 'is' : 'are'} not there`,
        'Create them before with the module group.',
      );
    // useradd(8) refuses to make a group for the user where there is one of that name.
    if (!found.exists) return [creation(primary?.exists ? { ...params, group: params.group ?? name } : params)];
    return [...modifications(params, found, primary?.gid), ...homeChanges(params, answers)];
  },
  result: ({ name, state, groups, append, create_home, move_home, system, remove, force }, { user: found }) => ({
    name,
    state,
    ...(state === 'absent' && { remove, force }),
    ...(found.exists && {
      uid: found.uid ?? null,
      group: found.gid ?? null,
      home: found.home ?? null,
      shell: found.shell ?? null,
      comment: found.comment ?? null,
      ...(groups && { groups: groups.join(',') }),
      append,
      create_home,
      move_home,
      system,
    }),
  }),
});

function isShadowWanted({ password, password_lock, expires, password_expire_min, password_expire_max }: Params): boolean {
  return [password, password_lock, expires, password_expire_min, password_expire_max].some((one) => one !== undefined);
}

function creation(params: Params): Change {
  const {
    name,
    uid,
    non_unique,
    group: primary,
    groups,
    comment,
    home,
    create_home,
    skeleton,
    umask,
    shell,
    system,
    expires,
    password,
    password_lock,
  } = params;
  const options = [
    ...option('-u', uid),
    ...(uid !== undefined && non_unique ? ['-o'] : []),
    ...option('-g', primary),
    ...(groups && groups.length > 0 ? ['-G', groups.join(',')] : []),
    ...option('-c', comment),
    ...option('-d', home),
    ...option('-s', shell),
    ...(expires === undefined ? [] : ['-e', dayOf(expires)]),
    ...(system ? ['-r'] : []),
    ...(create_home ? ['-m', ...option('-k', skeleton), ...(umask === undefined ? [] : ['-K', `UMASK=${umask}`])] : ['-M']),
  ];
  const create = withTool('useradd', sh`useradd ${options} -- ${name}`);
  return change(
    `create user ${name}`,
    create,
    ...(password === undefined ? [] : [setPassword(name, password)]),
    ...(password_lock ? [sh`usermod -L -- ${name}`] : []),
    ...agingCommands(params, {}),
  );
}

function modifications(params: Params, found: UserAnswer, primaryGid: number | undefined): readonly Change[] {
  const { name, uid, groups, append, comment, home, move_home, shell, password, update_password, password_lock } = params;
  const now = found.groups ?? [];
  const wantedGroups = groups && (append ? [...new Set([...now, ...groups])] : groups);
  const differences: (readonly [what: string, options: readonly (string | number)[]])[] = [];
  if (uid !== undefined && uid !== found.uid) differences.push([`number ${uid}`, ['-u', uid, ...(params.non_unique ? ['-o'] : [])]]);
  if (params.group !== undefined && primaryGid !== found.gid) differences.push([`group ${params.group}`, ['-g', params.group]]);
  if (wantedGroups && [...wantedGroups].sort().join() !== [...now].sort().join())
    differences.push([`groups ${wantedGroups.join(', ') || 'none'}`, ['-G', wantedGroups.join(',')]]);
  if (comment !== undefined && comment !== found.comment) differences.push([`comment ${comment}`, ['-c', comment]]);
  if (home !== undefined && home !== found.home) differences.push([`home ${home}`, ['-d', home, ...(move_home ? ['-m'] : [])]]);
  if (shell !== undefined && shell !== found.shell) differences.push([`shell ${shell}`, ['-s', shell]]);
  const { expires } = params;
  if (expires !== undefined && daysOf(expires) !== found.expiresDays)
    differences.push([expires < 0 ? 'no end' : `end ${dayOf(expires)}`, ['-e', dayOf(expires)]]);
  const changes: Change[] = [];
  if (differences.length > 0) {
    const options = differences.flatMap(([, one]) => one);
    changes.push(
      change(`change user ${name}: ${differences.map(([what]) => what).join(', ')}`, withTool('usermod', sh`usermod ${options} -- ${name}`)),
    );
  }
  const isNew = password !== undefined && update_password === 'always' && found.passwordDigest !== digest(revealed(password).replace(/^!+/, ''));
  if (isNew)
    changes.push(change(`set the password of user ${name}`, setPassword(name, password), ...(password_lock ? [sh`usermod -L -- ${name}`] : [])));
  else if (password_lock !== undefined && password_lock !== found.isLocked && !(password_lock === false && found.hasNoPassword))
    changes.push(change(`${password_lock ? 'lock' : 'unlock'} the password of user ${name}`, sh`usermod ${password_lock ? '-L' : '-U'} -- ${name}`));
  const aging = agingCommands(params, found.passwordDays ?? {});
  if (aging.length > 0) changes.push(change(`set how often user ${name} changes the password`, ...aging));
  return changes;
}

/** A folder that is moved along is there then. */
function homeChanges({ name, home, skeleton, umask }: Params, { user: found, home: wanted, old }: Answers): readonly Change[] {
  const path = home ?? found.home ?? '';
  if (wanted === undefined || wanted.exists || old?.exists || path === '/nonexistent') return [];
  return [change(`create the home folder ${path} of user ${name}`, makeHome(name, path, { skeleton, umask }))];
}

function agingCommands(
  { name, password_expire_min: min, password_expire_max: max }: Params,
  now: NonNullable<UserAnswer['passwordDays']>,
): readonly Command[] {
  const options = [...(min === undefined || min === now.min ? [] : ['-m', min]), ...(max === undefined || max === now.max ? [] : ['-M', max])];
  return options.length === 0 ? [] : [withTool('chage', sh`chage ${options} -- ${name}`)];
}

const daySeconds = 86_400;

/** The day of a time as useradd(8) takes it; empty for never. */
function dayOf(expires: number): string {
  return expires < 0 ? '' : new Date(expires * 1000).toISOString().slice(0, 10);
}

function daysOf(expires: number): number | undefined {
  return expires < 0 ? undefined : Math.floor(expires / daySeconds);
}

/** The hash goes in on standard input: chpasswd(8). */
function setPassword(name: string, password: string | Secret): Command {
  return withTool(
    'chpasswd',
    withStdin(sh`${raw('{ printf %s ')}${`${name}:`}${raw('; cat; } | chpasswd -e')}`, new Secret(`${revealed(password)}\n`)),
  );
}

function option(name: string, value: string | number | undefined): readonly (string | number)[] {
  return value === undefined ? [] : [name, value];
}

function digest(hash: string): string {
  return createHash('sha256').update(hash).digest('hex');
}

function change(summary: string, ...commands: readonly Command[]): Change {
  return { summary, commands, writes: ['*'] };
}
