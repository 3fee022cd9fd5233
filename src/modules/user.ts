import { createHash } from 'node:crypto';
import { z } from 'zod';
import { group } from '../questions/group.ts';
import { ask } from '../questions/question.ts';
import { type UserAnswer, user } from '../questions/user.ts';
import type { Change } from '../values/change.ts';
import { type Command, raw, sh, withStdin } from '../values/command.ts';
import { TaskError } from '../values/errors.ts';
import { revealed, Secret } from '../values/secret.ts';
import { defineModule } from './module.ts';
import { bool, line, listOf, path, text } from './params.ts';
import { accountName, withTool } from './support/accounts.ts';

const params = z.strictObject({
  name: accountName().describe('The user.'),
  state: z.enum(['present', 'absent']).default('present').describe('Whether it shall be there.'),
  uid: z.coerce.number().int().min(0).max(4_294_967_294).optional().describe('Its number; by default the system chooses.'),
  group: accountName().optional().describe("Its primary group, which must be there; by default one of the user's name."),
  groups: listOf(accountName()).optional().describe('Further groups, which must be there; an empty list for none.'),
  append: bool().default(false).describe('Leave it in groups that are not in `groups`.'),
  comment: line().optional().describe('The full name (GECOS).'),
  home: path().optional().describe('The home folder.'),
  create_home: bool().default(true).describe('Create the home folder with the user.'),
  move_home: bool().default(false).describe('Move the files along when `home` changes.'),
  shell: path().optional().describe('The login shell.'),
  system: bool().default(false).describe('Make it a system user. Counts only when it is created.'),
  password: text()
    .optional()
    .describe('The hash of the password as crypt(3) makes it (the helper `password_hash`, or `openssl passwd -6`); `!` or `*` for none.'),
  update_password: z.enum(['always', 'on_create']).default('always').describe('Whether `password` counts for a user that is there.'),
  password_lock: bool().optional().describe('Whether the password is locked.'),
  remove: bool().default(false).describe('With `state: absent`: remove the home folder too.'),
});

type Params = z.output<typeof params>;

export default defineModule({
  summary: 'Create, change or remove a user.',
  params,
  examples: [
    { description: 'A user for a service', task: 'user:\n  name: matrix\n  system: true\n  shell: /usr/sbin/nologin\n  home: /var/lib/matrix' },
    { description: 'Membership in a further group', task: 'user:\n  name: anna\n  groups: docker\n  append: true' },
  ],
  absent: {
    generate_ssh_key: 'Use the module command with ssh-keygen and creates.',
    ssh_key_file: 'Use the module command with ssh-keygen and creates.',
    expires: 'Use the module command with chage(1).',
    non_unique: 'Give the user a number of its own.',
    skeleton: 'Copy the files with the module copy.',
    force: 'End the processes of the user before.',
    local: 'Users are made with useradd(8).',
  },
  ask: ({ name, state, group: primary, password, password_lock }) =>
    ask({
      user: user(name, password !== undefined || password_lock !== undefined ? { shadow: true } : {}),
      ...(state === 'present' && { group: group(primary ?? name) }),
    }),
  plan: (params, { user: found, group: primary }) => {
    const { name, state, remove } = params;
    if (state === 'absent')
      return found.exists
        ? [change(`remove user ${name}${remove ? ' and its home folder' : ''}`, withTool('userdel', sh`userdel ${remove ? ['-r'] : []} -- ${name}`))]
        : [];
    if (params.group !== undefined && primary && !primary.exists)
      throw new TaskError(`the group ${params.group} of user ${name} is not there`, 'Create it before with the module group.');
    // useradd(8) refuses to make a group for the user where there is one of that name.
    if (!found.exists) return [creation(primary?.exists ? { ...params, group: params.group ?? name } : params)];
    return modifications(params, found, primary?.gid);
  },
  result: ({ name, state }, { user: found }) => ({
    name,
    state,
    ...(found.exists && { uid: found.uid ?? null, home: found.home ?? null, shell: found.shell ?? null, comment: found.comment ?? null }),
  }),
});

function creation(params: Params): Change {
  const { name, uid, group: primary, groups, comment, home, create_home, shell, system, password, password_lock } = params;
  const options = [
    ...option('-u', uid),
    ...option('-g', primary),
    ...(groups && groups.length > 0 ? ['-G', groups.join(',')] : []),
    ...option('-c', comment),
    ...option('-d', home),
    ...option('-s', shell),
    ...(system ? ['-r'] : []),
    create_home ? '-m' : '-M',
  ];
  const create = withTool('useradd', sh`useradd ${options} -- ${name}`);
  return change(
    `create user ${name}`,
    create,
    ...(password === undefined ? [] : [setPassword(name, password)]),
    ...(password_lock ? [sh`usermod -L -- ${name}`] : []),
  );
}

function modifications(params: Params, found: UserAnswer, primaryGid: number | undefined): readonly Change[] {
  const { name, uid, groups, append, comment, home, move_home, shell, password, update_password, password_lock } = params;
  const now = found.groups ?? [];
  const wantedGroups = groups && (append ? [...new Set([...now, ...groups])] : groups);
  const differences: (readonly [what: string, options: readonly (string | number)[]])[] = [];
  if (uid !== undefined && uid !== found.uid) differences.push([`number ${uid}`, ['-u', uid]]);
  if (params.group !== undefined && primaryGid !== found.gid) differences.push([`group ${params.group}`, ['-g', params.group]]);
  if (wantedGroups && [...wantedGroups].sort().join() !== [...now].sort().join())
    differences.push([`groups ${wantedGroups.join(', ') || 'none'}`, ['-G', wantedGroups.join(',')]]);
  if (comment !== undefined && comment !== found.comment) differences.push([`comment ${comment}`, ['-c', comment]]);
  if (home !== undefined && home !== found.home) differences.push([`home ${home}`, ['-d', home, ...(move_home ? ['-m'] : [])]]);
  if (shell !== undefined && shell !== found.shell) differences.push([`shell ${shell}`, ['-s', shell]]);
  const changes: Change[] = [];
  if (differences.length > 0) {
    const options = differences.flatMap(([, one]) => one);
    changes.push(
      change(`change user ${name}: ${differences.map(([what]) => what).join(', ')}`, withTool('usermod', sh`usermod ${options} -- ${name}`)),
    );
  }
  if (password !== undefined && update_password === 'always' && found.passwordDigest !== digest(revealed(password)))
    changes.push(change(`set the password of user ${name}`, setPassword(name, password)));
  else if (password_lock !== undefined && password_lock !== found.isLocked)
    changes.push(change(`${password_lock ? 'lock' : 'unlock'} the password of user ${name}`, sh`usermod ${password_lock ? '-L' : '-U'} -- ${name}`));
  return changes;
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
