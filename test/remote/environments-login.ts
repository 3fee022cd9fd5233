import type { Environment } from './environments.ts';

// Login shells, what their start-up files do, and what sshd makes of an account.

const ends =
  /the shell there ended(?: with code \d+)?.*[^]*nologin and ForceCommand do not let it, nor start-up files \(\.bashrc, \.profile\) that end the shell or start another/;
const silent =
  /the shell there did not answer within \d+ s[^]*Do start-up files of the login shell \(\.bashrc, \.profile\) read input or print without end\?/;
const refused = /does not let \S+ in: tried the key/;

const bashrc = (name: string, text: string, comes: Environment['comes'] = 'works'): Environment => ({
  name: `.bashrc ${name}`,
  files: { '.bashrc': `${text}\n` },
  comes,
});

const shells: readonly Environment[] = [
  { name: 'dash as login shell', shell: '/bin/dash', comes: 'works' },
  { name: 'bash as login shell', shell: '/bin/bash', comes: 'works' },
  { name: 'BusyBox ash as login shell', shell: '/etc/busybox-sh', comes: 'works' },
  { name: 'mksh as login shell', shell: '/bin/mksh', comes: 'works' },
  { name: 'zsh as login shell', shell: '/usr/bin/zsh', comes: 'works' },
  { name: 'fish as login shell', shell: '/usr/bin/fish', comes: 'works' },
  { name: 'tcsh as login shell', shell: '/bin/tcsh', comes: 'works' },
  { name: 'csh as login shell', shell: '/bin/csh', comes: 'works' },
  { name: 'a restricted bash as login shell', shell: '/bin/rbash', comes: ends },
  {
    name: 'nologin as login shell',
    shell: '/usr/sbin/nologin',
    comes: /it said: This account is currently not available[^]*Can this user run a shell there\?/,
  },
  { name: 'false as login shell', shell: '/bin/false', comes: ends },
  { name: 'a login shell that is not there', shell: '/bin/none', comes: refused },
  { name: 'a login shell that may not be run', shell: '/etc/passwd', comes: refused },
  { name: 'Python as login shell', shell: '/usr/bin/python3', comes: /SyntaxError[^]*Can this user run a shell there\?/ },
  { name: 'cat as login shell', shell: '/bin/cat', comes: ends },
  {
    name: 'a login shell that takes its time',
    shell: '/etc/slow-sh',
    setUp: `printf '#!/bin/sh\\nsleep 2\\nexec /bin/sh "$@"\\n' >/etc/slow-sh; chmod 755 /etc/slow-sh`,
    comes: 'works',
  },
  {
    name: 'a login shell that never begins',
    shell: '/etc/hang-sh',
    setUp: `printf '#!/bin/sh\\nexec sleep 600\\n' >/etc/hang-sh; chmod 755 /etc/hang-sh`,
    comes: silent,
  },
];

const bashFiles: readonly Environment[] = [
  bashrc('that prints', 'echo Welcome'),
  bashrc('that prints to standard error', 'echo Welcome >&2'),
  bashrc('that prints a thousand lines', 'for n in $(seq 1000); do echo "line $n of the news"; done'),
  bashrc('that prints without an end of the line', 'printf "last login: never"'),
  bashrc('that prints escape sequences', `printf '\\033[2J\\033]0;title\\007\\r'`),
  bashrc('that prints NULs and no UTF-8', `printf '\\000\\377\\376'`),
  bashrc('that prints without end', 'while :; do echo y; done', /it printed more than \d+ bytes before its first answer/),
  bashrc('that ends', 'exit 0', ends),
  bashrc('that ends with a code', 'echo "no such luck"; exit 3', /ended with code 3; it said: no such luck/),
  bashrc('that returns', 'return 1'),
  bashrc('that reads a line', 'read -r line', silent),
  bashrc('that reads all there is', 'cat >/dev/null', silent),
  bashrc('that starts zsh instead', 'exec zsh'),
  bashrc('that starts fish instead', 'exec fish', silent),
  bashrc('that starts a program instead', 'exec echo "Use the console"', /it said: Use the console/),
  bashrc('that hides its output', 'exec >/dev/null 2>&1', silent),
  bashrc('that closes its input', 'exec </dev/null', ends),
  bashrc('that hears no signals', `trap '' HUP INT TERM PIPE`),
  bashrc('that has something to do at the end', `trap 'echo bye' EXIT`),
  bashrc('that has other words for cd, ls and exec', `shopt -s expand_aliases; alias cd='cd /' ls='ls --color=always' exec='exec -c' cat='cat -n'`),
  bashrc(
    'that has functions of the names of programs',
    'cd() { echo no; }; ls() { :; }; printf() { :; }; cat() { echo; }; export -f cd ls printf cat',
  ),
  bashrc('that ends at the first error', 'set -e; trap "exit 9" ERR'),
  bashrc('that minds variables without a value', 'set -u'),
  bashrc('that shows what it does', 'set -x'),
  bashrc('that writes over nothing, for its children too', 'set -C; export SHELLOPTS'),
  bashrc('that reads and does not run, for its children too', 'export SHELLOPTS; set -o posix'),
  bashrc('that parts words elsewhere', 'export IFS=x:'),
  bashrc('without a PATH', 'unset PATH'),
  bashrc('with an empty PATH', 'export PATH='),
  bashrc('with a PATH that leads nowhere', 'export PATH=/nonexistent'),
  bashrc('with a locale that is not there', 'export LC_ALL=xx_XX.UTF-8'),
  bashrc('with a Turkish locale', 'export LANG=tr_TR.UTF-8 LC_ALL=tr_TR.UTF-8'),
  bashrc('with a mask that lets nobody read', 'umask 777'),
  bashrc('with a mask that lets everybody write', 'umask 000'),
  bashrc('that goes elsewhere', 'cd /proc/self'),
  bashrc('that goes where nothing is any more', 'mkdir -p gone && cd gone && rmdir ../gone'),
  bashrc('with a TMPDIR that is nonsense', 'export TMPDIR=/dev/null/tmp'),
  bashrc('with a HOME that is nonsense', 'export HOME=/nonexistent'),
  bashrc('without a HOME', 'unset HOME'),
  bashrc('with start-up files for every shell', 'printf "echo noise; exit 1\\n" >~/.every; export ENV=~/.every BASH_ENV=~/.every'),
  bashrc(
    'with options for GNU programs',
    'export POSIXLY_CORRECT=1 TIME_STYLE=long-iso QUOTING_STYLE=shell BLOCKSIZE=1 GREP_OPTIONS=--color=always LS_BLOCK_SIZE=M',
  ),
  bashrc('with a library that is not there for every program', 'export LD_PRELOAD=/nonexistent.so'),
  bashrc('with another time zone', 'export TZ=Asia/Kathmandu'),
  bashrc('that wants a terminal', 'stty -ixon; tput clear; tty; mesg n'),
  bashrc('that leaves something in the background', 'sleep 30 & disown'),
];

const otherFiles: readonly Environment[] = [
  {
    name: '.zshenv that prints, and sets options',
    shell: '/usr/bin/zsh',
    files: { '.zshenv': 'echo hello; setopt noclobber shwordsplit ksharrays nomatch\n' },
    comes: 'works',
  },
  { name: '.zshenv that ends', shell: '/usr/bin/zsh', files: { '.zshenv': 'exit 0\n' }, comes: ends },
  {
    name: '.cshrc that prints',
    shell: '/bin/tcsh',
    files: { '.cshrc': 'echo hello\nset noclobber\nalias cd echo\n' },
    comes: 'works',
  },
  { name: '.cshrc with another word for exec', shell: '/bin/tcsh', files: { '.cshrc': 'alias exec echo no\n' }, comes: /it said: no \/bin\/sh -c/ },
  { name: '.cshrc that ends', shell: '/bin/tcsh', files: { '.cshrc': 'exit 0\n' }, comes: 'works' },
  {
    name: 'config.fish that prints',
    shell: '/usr/bin/fish',
    files: { '.config/fish/config.fish': 'echo hello; set -gx LC_ALL xx_XX\n' },
    comes: 'works',
  },
  { name: 'config.fish that ends', shell: '/usr/bin/fish', files: { '.config/fish/config.fish': 'exit 0\n' }, comes: 'works' },
  { name: '.ssh/rc that prints and fails', files: { '.ssh/rc': 'echo from rc; echo more >&2; exit 1\n' }, comes: 'works' },
  { name: '.ssh/rc that reads its input', files: { '.ssh/rc': 'cat >/dev/null\n' }, comes: 'works' },
  {
    name: '.ssh/environment with nonsense',
    files: { '.ssh/environment': 'PATH=/nonexistent\nIFS=x\nLD_PRELOAD=/nonexistent.so\nLC_ALL=xx_XX\n' },
    comes: 'works',
  },
];

const sshdRows: readonly Environment[] = [
  {
    name: 'ForceCommand that does something else',
    sshd: ['ForceCommand echo Backups only'],
    comes: /it said: Backups only[^]*ForceCommand do not let it/,
  },
  { name: 'ForceCommand that runs what was asked for', sshd: ['ForceCommand exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"'], comes: 'works' },
  {
    name: 'ForceCommand internal-sftp',
    sshd: ['ForceCommand internal-sftp'],
    comes: /it said: This service allows sftp connections only[^]*ForceCommand do not let it/,
  },
  { name: 'no terminals (PermitTTY no)', sshd: ['PermitTTY no'], comes: 'works' },
  { name: 'no forwarding at all', sshd: ['DisableForwarding yes'], comes: 'works' },
  { name: 'one session at a time (MaxSessions 1)', sshd: ['MaxSessions 1'], comes: 'works' },
  { name: 'no session at all (MaxSessions 0)', sshd: ['MaxSessions 0'], comes: /no program can be started there: [^]*MaxSessions/ },
  {
    name: 'a banner of 100 lines',
    sshd: ['Banner /etc/long-banner'],
    setUp: 'seq -f "line %.0f of the rules" 100 >/etc/long-banner',
    comes: 'works',
  },
  {
    name: 'a banner of escape sequences',
    sshd: ['Banner /etc/evil-banner'],
    setUp: `printf '\\033[2J\\033]0;x\\007' >/etc/evil-banner`,
    comes: 'works',
  },
  { name: 'a log of everything (LogLevel DEBUG3)', sshd: ['LogLevel DEBUG3'], comes: 'works' },
  {
    name: 'an environment from sshd (SetEnv)',
    sshd: ['SetEnv LC_ALL=xx_XX PATH=/nonexistent TMPDIR=/nonexistent HOME=/nonexistent'],
    comes: 'works',
  },
  { name: 'new keys every 16 kilobytes (RekeyLimit)', sshd: ['RekeyLimit 16K'], comes: 'works' },
  {
    name: 'a second way of logging in that is wanted too',
    sshd: ['AuthenticationMethods publickey,password'],
    comes: /does not let \S+ in: tried the key/,
  },
  {
    name: 'a chroot with all in it',
    sshd: ['ChrootDirectory /run/whole'],
    setUp: 'mkdir -p /run/whole && mount --rbind / /run/whole',
    comes: 'works',
  },
  { name: 'a chroot with nothing in it', sshd: ['ChrootDirectory /run/empty'], setUp: 'mkdir -p /run/empty', comes: ends },
  {
    name: 'a chroot that others may write to',
    sshd: ['ChrootDirectory /run/open'],
    setUp: 'mkdir -pm 777 /run/open',
    comes:
      /(the connection was lost|no program can be started there|the shell there ended).*\n[^]*(journalctl -u ssh|Can this user run a shell there\?|MaxSessions)/,
  },
  { name: 'a user who is not let in (DenyUsers)', sshd: ['DenyUsers *'], comes: refused },
  { name: 'an account that has expired', shadow: '*:19000:0:99999:7::1:', comes: /does not let \S+ in: tried the key[^]*account has expired/ },
  {
    name: 'a password that must be changed first',
    shadow: '*:0:0:99999:7:::',
    comes: /it said: .*Your password has expired\. Password change required[^]*Can this user run a shell there\?/,
  },
  { name: 'a locked password', shadow: '!:19000:0:99999:7:::', comes: 'works' },
];

export const loginRows: readonly Environment[] = [...shells, ...bashFiles, ...otherFiles, ...sshdRows];
