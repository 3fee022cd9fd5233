import type { Environment } from './environments.ts';

// File systems, limits, clocks and programs of a host. Each login has name spaces of its own, in which its root breaks something; /mnt is empty there.

/** /usr/bin and /usr/sbin without these programs. */
const without = (...programs: readonly string[]): string =>
  [
    'mkdir -p /mnt/up/u /mnt/up/w',
    'mount -t overlay overlay -o lowerdir=/usr/bin,upperdir=/mnt/up/u,workdir=/mnt/up/w /usr/bin',
    ...programs.map((program) => `rm /usr/bin/${program}`),
  ].join('\n');

const lacks = (program: string, comes: Environment['comes'] = 'works'): Environment => ({
  name: `no ${program}`,
  inside: without(program),
  comes,
});

/** A small file system at the place where files are written. */
const small = (name: string, options: string, fill: string, comes: Environment['comes']): Environment => {
  const place = `/srv/${name.replaceAll(' ', '-')}`;
  return { name, inside: `mkdir -p ${place} && mount -t tmpfs -o ${options} tmpfs ${place} && cd ${place}\n${fill}`, place, comes };
};

/** Another program in place of /usr/bin/PROGRAM, which is /mnt/true-PROGRAM then. */
const instead = (program: string, how: string): string =>
  `printf '#!/bin/sh\\n${how}\\n' >/mnt/${program}; chmod 755 /mnt/${program}; cp /usr/bin/${program} /mnt/true-${program}; mount --bind /mnt/${program} /usr/bin/${program}`;

const full = /the disk of the host is full: .*No space left on device[^]*Make room/;
const noDevFd = /cannot be handed to its interpreter: this host has no \/dev\/fd\n[^]*use the modules copy and command/;
const readOnly = /the file system of the host is read-only: .*Read-only file system\n[^]*mount -o remount,rw/;

const fileSystems: readonly Environment[] = [
  small('a full disk', 'size=64k', 'cat /dev/zero >filler 2>/dev/null', full),
  small('no inodes', 'size=1m,nr_inodes=4', 'touch 1 2 3 2>/dev/null', full),
  small('a folder that is read only', 'ro,size=64k', ':', readOnly),
  { name: 'a root that is read only', inside: 'mount -o remount,bind,ro /', place: '/opt', comes: readOnly, mend: 'mount -t tmpfs tmpfs /opt' },
  { name: 'a home that is read only', inside: 'mount --bind "$HOME" "$HOME" && mount -o remount,bind,ro "$HOME"', comes: readOnly },
  { name: 'a home whose programs may not be run', inside: 'mount --bind "$HOME" "$HOME" && mount -o remount,bind,noexec "$HOME"', comes: 'works' },
  { name: 'a /tmp whose programs may not be run', inside: 'mount -t tmpfs -o noexec tmpfs /tmp', comes: 'works' },
  { name: 'a /tmp that is read only', inside: 'mount -t tmpfs -o ro tmpfs /tmp', comes: 'works' },
  { name: 'a /tmp that is full', inside: 'mount -t tmpfs -o size=4k tmpfs /tmp; cat /dev/zero >/tmp/x 2>/dev/null', comes: 'works' },
  {
    name: 'a /tmp that only others may enter',
    inside: 'mount -t tmpfs -o mode=700,uid=65534 tmpfs /tmp',
    as: 'setpriv --reuid 65533 --clear-groups',
    place: '/srv/own-1',
    comes: 'works',
  },
  {
    name: 'a disk that takes seconds for each file',
    inside: ['sync', 'mv', 'rm'].map((program) => instead(program, `sleep 2; exec /mnt/true-${program} "$@"`)).join('\n'),
    comes: 'works',
  },
  { name: 'a /run that is read only', inside: 'mount -t tmpfs -o ro tmpfs /run', comes: 'works' },
  { name: 'no /proc', inside: 'mount -t tmpfs tmpfs /proc', comes: noDevFd },
  { name: 'no /sys', inside: 'mount -t tmpfs tmpfs /sys', comes: 'works' },
  {
    name: 'a /dev with null alone',
    inside: 'mkdir /mnt/dev && mknod -m 666 /mnt/dev/null c 1 3 && mount --bind /mnt/dev /dev',
    comes: noDevFd,
  },
  { name: 'an /etc without os-release', inside: 'mount --bind /dev/null /usr/lib/os-release', comes: 'works' },
  { name: 'an /etc/passwd that nobody can read', inside: 'mount --bind /dev/null /etc/passwd', comes: 'works' },
];

const homes: readonly Environment[] = [
  { name: 'a home that is not there', home: '/home/none/at/all', setUp: 'rm -rf /home/none', place: '/srv/homeless', comes: 'works' },
  { name: 'a home that its user may not read', setUp: 'chmod 0300 "$home"', comes: 'works' },
  { name: 'a home that its user may not enter', setUp: 'chown 0:0 "$home"; chmod 0700 "$home"', place: '/srv/shut', comes: 'works' },
  { name: 'a home that is a file', home: '/home/file', setUp: 'rm -rf /home/file; touch /home/file', place: '/srv/filed', comes: 'works' },
  { name: 'a home with spaces in its name', home: '/home/a user  of mine', comes: 'works' },
  { name: 'a home with quotes in its name', home: `/home/it's $(touch owned) "here"`, comes: 'works' },
  { name: 'a home with letters of two bytes in its name', home: '/home/Zoë', comes: 'works' },
  {
    name: 'a home that is a link',
    home: '/home/link',
    setUp: 'rm -rf /home/link; mkdir -p /home/led && chown "$user" /home/led && ln -s led /home/link',
    comes: 'works',
  },
];

/** Whether the shell has to write a file for the run, and ends of it, hangs on who else is at work: then it is unknown what was done. */
const fileSize =
  /larger than this user may write on the host.*: File size limit exceeded\n[^]*ulimit -f|the shell there ended\nIt is unknown whether this was done/;

const limits: readonly Environment[] = [
  { name: 'few open files (nofile 16)', inside: 'ulimit -n 16', comes: 'works' },
  { name: 'hardly any open files (nofile 4)', inside: 'ulimit -n 4', comes: /the shell there ended with code 2\n[^]*out of memory or processes/ },
  {
    name: 'no process may be started (nproc)',
    inside: ':',
    as: 'setpriv --reuid 65532 --clear-groups prlimit --nproc=1',
    place: '/srv/own-2',
    comes: /the shell there ended with code 2; it said: .*Cannot fork\n[^]*out of memory or processes/,
  },
  { name: 'no file may be written (fsize 0)', inside: 'ulimit -f 0', comes: fileSize },
  { name: 'little memory', inside: 'ulimit -v 60000', comes: 'works' },
  { name: 'a low priority', inside: 'renice 19 $$ >/dev/null', comes: 'works' },
  { name: 'a user without a name', inside: ':', as: 'setpriv --reuid 65531 --regid 65531 --clear-groups', place: '/srv/own-3', comes: 'works' },
];

const date = (how: string): string => instead('date', how);

const namesAndClocks: readonly Environment[] = [
  { name: 'a host name of odd characters', inside: `hostname 'it is $(touch /owned) "a" %s host'`, comes: 'works' },
  { name: 'a host name with a slash', inside: 'hostname a/../../b', comes: 'works' },
  { name: 'no host name', inside: `hostname ''`, comes: 'works' },
  { name: 'a clock of years ago', inside: date('exec /mnt/true-date -d "@$(( $(/mnt/true-date +%%s) - 300000000 ))" "$@"'), comes: 'works' },
  { name: 'a clock of years to come', inside: date('exec /mnt/true-date -d "@$(( $(/mnt/true-date +%%s) + 300000000 ))" "$@"'), comes: 'works' },
  { name: 'a clock that jumps', inside: date('exec /mnt/true-date -d "@$(( $$ * 99999 ))" "$@"'), comes: 'works' },
  { name: 'a processor of 32 bits', inside: ':', as: 'setarch linux32', comes: 'works' },
];

/** Shells that cannot be /bin/sh. */
const unusable: Readonly<Record<string, RegExp>> = {
  mksh: /\/bin\/sh there has no builtin printf[^]*make \/bin\/sh one of them/,
  zsh: /it said: \/bin\/sh is zsh: make it dash, bash or BusyBox/,
};

const programs: readonly Environment[] = [
  ...[
    'awk',
    'sed',
    'tar',
    'setsid',
    'getent',
    'dpkg',
    'hostname',
    'openssl',
    'find',
    'timeout',
    'tr',
    'cut',
    'sudo',
    'getconf',
    'perl',
    'readlink',
  ].map((program) => lacks(program)),
  lacks('sha256sum', /the host has no program sha256sum\nIs a program missing there/),
  lacks('base64', /cannot be read any more: .*base64: not found[^]*are tail, head and base64/),
  lacks('stat', /cannot be understood: .*it said: stat: not found[^]*Is a program missing there/),
  lacks('mktemp', /the host has no program mktemp\nInstall the package/),
  lacks('head', /cannot be read any more: .*head: not found[^]*are tail, head and base64/),
  lacks('cat', /the shell there ended\nCan this user run a shell there\?/),
  {
    name: 'BusyBox in place of all programs',
    shell: '/bin/sh',
    inside: [
      'mkdir /mnt/busy && cp /usr/bin/busybox /mnt/busy/ && busybox --install -s /mnt/busy',
      'mount --bind /mnt/busy /usr/sbin; mount --bind /mnt/busy /usr/bin',
    ].join('\n'),
    comes: 'works',
  },
  ...['bash', 'busybox', 'mksh', 'zsh'].map(
    (shell): Environment => ({
      name: `${shell} as /bin/sh`,
      inside: `mount --bind "$(readlink -f /usr/bin/${shell})" "$(readlink -f /bin/sh)"`,
      comes: unusable[shell] ?? 'works',
    }),
  ),
];

export const hostRows: readonly Environment[] = [...fileSystems, ...homes, ...limits, ...namesAndClocks, ...programs];
