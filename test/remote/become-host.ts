import { startAs } from '../../src/remote/become.ts';
import type { Channel, Link } from '../../src/remote/channel.ts';
import type { dial } from '../../src/remote/dial.ts';
import type { dialOpenSsh } from '../../src/remote/openssh.ts';
import { createPasswordTries } from '../../src/remote/password-tries.ts';
import { createShared } from '../../src/remote/shared.ts';
import { openShell } from '../../src/remote/shell.ts';
import { TaskError } from '../../src/values/errors.ts';
import { Secret } from '../../src/values/secret.ts';
import { passwords, type Row, targets } from './become-rows.ts';
import { type Sshd, startSshd } from './sshd.ts';

/** The user who logs in for a row: each has one. */
export const loginOf = (index: number): string => `row${index}`;

/** Where the host keeps the passwords that its PAM is shown, as `USER SERVICE PASSWORD`, the user being whoever asks to become another. */
const shownFile = '/run/shown-passwords';

/** Hosts share /tmp: their users have ids of their own, so that one can tell whose a folder is. */
let hosts = process.pid % 500;

/** PAM of the test host: what it is shown is kept, failures are counted, and some are asked more than a password. */
const commonAuth = `
auth [success=1 default=ignore] pam_succeed_if.so quiet user notingroup asked-other
auth optional pam_ftp.so
auth optional pam_exec.so quiet seteuid expose_authtok /etc/keep-password
auth required pam_faillock.so preauth dir=/run/faillock deny=30
auth [success=1 default=ignore] pam_unix.so nodelay
auth [default=die] pam_faillock.so authfail dir=/run/faillock deny=30
auth [success=1 default=ignore] pam_succeed_if.so quiet user notingroup asked-twice
auth optional pam_ftp.so
auth required pam_permit.so
`;

const keepPassword = `#!/bin/sh
p=$(tr -d '\\000')
echo "$PAM_RUSER $PAM_SERVICE $p" >>${shownFile}
`;

/** Lines of sh that make the users, rules and languages of \`rows\`. */
function setUp(rows: readonly Row[]): readonly string[] {
  const file = (path: string, text: string, mode = '644'): string => `cat >${path} <<'END'\n${text}\nEND\nchmod ${mode} ${path}`;
  const hash = (name: string): string => `$(getent shadow made-${name} | cut -d: -f2)`;
  const add = (name: string, id: number, secret: string, shell: string, expires = ''): string =>
    `echo '${name}:x:${id}:${id}::/home/${name}:${shell}' >>/etc/passwd; echo '${name}:x:${id}:' >>/etc/group; echo "${name}:${hash(secret)}:19000:0:99999:7::${expires}:" >>/etc/shadow; mkdir -m 755 /home/${name}; chown ${id}:${id} /home/${name}`;
  const users = rows.map((_, index) => loginOf(index));
  const firstId = 100_000 + 1000 * hosts;
  hosts += 1;
  const inGroup = (group: string): string =>
    users
      .filter((_, index) => rows[index]?.group === group)
      .concat(group === 'asked-twice' ? ['coded'] : [])
      .join(',');
  const inLanguage = rows.flatMap(({ language, method }, index) => {
    const home = `/home/${loginOf(index)}`;
    return language === undefined
      ? []
      : [
          `mkdir ${home}/bin; printf '#!/bin/sh\\nexec env LC_ALL=${language} LANGUAGE= /usr/bin/${method} "$@"\\n' >${home}/bin/${method}; chmod 755 ${home}/bin/${method}; echo 'PATH=$HOME/bin:$PATH' >${home}/.bashrc`,
        ];
  });
  const languages = new Set(rows.flatMap(({ language }) => (language === undefined ? [] : [language])));
  const perUser = (lines: (row: Row) => readonly string[]): string =>
    rows.flatMap((row, index) => lines(row).map((line) => line.replaceAll('USER', loginOf(index)))).join('\n');
  return [
    ...(['own', 'other'] as const).map((name) => `useradd made-${name} && printf '%s\\n' 'made-${name}:${passwords[name]}' | chpasswd`),
    `printf '%s\\n' 'root:${passwords.root}' | chpasswd`,
    ...users.map((name, index) => add(name, firstId + index, 'own', '/bin/bash')),
    ...targets.map((name, index) =>
      add(name, firstId + 900 + index, 'other', name === 'shellless' ? '/usr/sbin/nologin' : '/bin/sh', name === 'expired' ? '1' : ''),
    ),
    ...['asked-twice', 'asked-other', 'trusted', 'denied'].map((group, index) => `echo '${group}:x:${7000 + index}:${inGroup(group)}' >>/etc/group`),
    file('/etc/keep-password', keepPassword, '755'),
    file('/etc/pam.d/common-auth', commonAuth),
    `printf '%s\\n' 'auth requisite pam_wheel.so deny use_uid group=denied' 'auth sufficient pam_wheel.so trust use_uid group=trusted' | cat - /etc/pam.d/su >/etc/su && mv /etc/su /etc/pam.d/su`,
    file('/run/secrets', Object.values(passwords).join('\n')),
    file('/etc/lecture', 'Think before you type.\nPassword: is what you are asked for below.'),
    file(
      '/etc/sudoers.d/rows',
      `Defaults logfile=/run/sudo.log, iolog_dir=/run/sudo-io, !compress_io\n${perUser(({ sudoers = [] }) => sudoers)}`,
      '440',
    ),
    file(
      '/etc/doas.conf',
      perUser(({ doas }) => (doas === undefined ? [] : [doas])),
      '400',
    ),
    ...(languages.size === 0 ? [] : ['mkdir /run/locale; cp -a /usr/lib/locale/. /run/locale; mount --bind /run/locale /usr/lib/locale']),
    ...[...languages].map((name) => `localedef -i ${name.split('.')[0]} -f UTF-8 ${name}`),
    ...inLanguage,
    ...(rows.some(({ bare }) => bare) ? ['mount --bind /dev/null /usr/bin/sudo', 'mount --bind /dev/null /usr/bin/doas'] : []),
  ];
}

/** A host that all of \`rows\` can be tried on. */
export function startBecomeHost(rows: readonly Row[]): Promise<Sshd> {
  const withoutTerminals = rows.flatMap(({ terminals }, index) => (terminals === false ? [loginOf(index)] : []));
  return startSshd({
    setUp: setUp(rows),
    extra: ['MaxStartups 100'],
    ...(withoutTerminals.length > 0 && { matching: [`Match User ${withoutTerminals.join(',')}`, 'PermitTTY no'] }),
  });
}

/** What came of a row. */
export interface Ended {
  readonly as?: string;
  readonly error?: TaskError;
  /** All that the host sent before the session began, on whichever channel. */
  readonly heard: string;
  readonly terminals: number;
}

/** Becomes on a host of its own connection what the row says. */
export async function tryRow(sshd: Sshd, row: Row, index: number, dialBy: typeof dial | typeof dialOpenSsh): Promise<Ended> {
  const user = row.asRoot ? 'root' : loginOf(index);
  const link = await dialBy(sshd.settings({ user, connectTimeoutSeconds: 60 }), createShared(8));
  let heard = '';
  let terminals = 0;
  const listening = (channel: Channel): Channel => ({
    ...channel,
    listen: (listener) =>
      channel.listen({
        stdout: (chunk) => {
          heard += chunk.toString();
          listener.stdout(chunk);
        },
        stderr: (chunk) => {
          heard += chunk.toString();
          listener.stderr(chunk);
        },
        closed: listener.closed,
      }),
  });
  const { execOnTerminal } = link;
  if (!execOnTerminal) throw new Error('a link over SSH gives terminals');
  const watched: Link = {
    ...link,
    exec: async (command) => listening(await link.exec(command)),
    execOnTerminal: async (command) => {
      terminals += 1;
      return listening(await execOnTerminal(command));
    },
  };
  const secret = row.password && new Secret(passwords[row.password]);
  try {
    const to = row.to ?? 'root';
    const channel = await startAs(
      watched,
      { user: to, method: row.method, ...(secret && { password: secret }) },
      { target: 'there', login: user, host: 'there', seconds: row.seconds ?? 60, tries: createPasswordTries() },
    );
    const session = openShell(channel, { user: to, target: 'there', startSeconds: 60, kill: () => Promise.resolve(), lost: link.lost });
    const script = 'id -un; printf "one\\0\\1\\3\\4\\377two" | od -An -c; cat; echo apart >&2';
    const [result] = await session.run([{ script, stdin: 'in\u0003\u0004\r\n' }]);
    session.close();
    const expected = `${to}\n   o   n   e  \\0 001 003 004 377   t   w   o\nin\u0003\u0004\r\n`;
    const isWhole = result?.stdout === expected && result.stderr === 'apart\n' && result.rc === 0;
    return { as: isWhole ? to : JSON.stringify(result), heard, terminals };
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    return { error, heard, terminals };
  } finally {
    await link.close();
  }
}

/** The passwords that the host's PAM was shown by each user who wanted to become another. */
export function shownBy(sshd: Sshd): ReadonlyMap<string, readonly string[]> {
  const shown = new Map<string, string[]>();
  for (const line of sshd.inside(`cat ${shownFile} 2>/dev/null || true`).split('\n')) {
    const [user = '', , ...secret] = line.split(' ');
    shown.set(user, [...(shown.get(user) ?? []), secret.join(' ')]);
  }
  return shown;
}

/** From now on looks for passwords in the argument lists and environments of all processes. */
export function lookForPasswords(sshd: Sshd): void {
  sshd.inside(`while [ ! -e /run/looked ]; do
  cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -aFf /run/secrets >>/run/found
  sleep 0.05
done </dev/null >/dev/null 2>&1 &`);
}

/** What was found, and the files that hold a password now; folders with pipes that are left, too. */
export function stopLooking(sshd: Sshd): { readonly found: string; readonly kept: string } {
  return {
    found: sshd.inside('touch /run/looked; cat /run/found'),
    kept: sshd.inside(
      `grep -rlaFf /run/secrets /run --exclude=secrets --exclude=${shownFile.slice('/run/'.length)} || true; i=$(id -u ${loginOf(0)}); find /tmp -maxdepth 1 -name 'homerun.*' -uid +$((i - 1)) -uid -$((i + 900)) 2>/dev/null || true`,
    ),
  };
}
