import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionSettings } from '../../src/remote/session.ts';
import { connectsTo } from './wait.ts';

/** A real sshd of this machine on loopback, in a mount namespace of its own: what it and its users write to /etc, /home, /root and /run is gone with it. */
export interface Sshd {
  readonly port: number;
  /** Temporary folder with keys and known_hosts, removed by `stop`. */
  readonly folder: string;
  /** Settings to connect as root with the right key and a known host key. */
  settings(other?: Partial<ConnectionSettings>): ConnectionSettings;
  /** Runs sh as root in the namespace and gives its standard output. */
  inside(script: string): string;
  /** The id of the listening process. */
  readonly pid: number;
  stop(): void;
}

/** The password of every user below. */
export const password = 'correct horse';

/** Users of the test host: name, login shell, and a line of sudoers. */
const users = [
  ['tester', '/bin/bash', 'tester ALL=(ALL:ALL) ALL'],
  ['nopass', '/bin/sh', 'nopass ALL=(ALL:ALL) NOPASSWD: ALL'],
  ['nosudo', '/bin/sh', ''],
  ['noisy', '/bin/bash', ''],
  ['hungry', '/bin/bash', ''],
  ['busy', '/usr/bin/busybox-sh', ''],
  ['nologin', '/usr/sbin/nologin', ''],
] as const;

/** Why there can be no sshd here, or undefined. `more`: further files that a test takes. */
export function whyNoSshd(...more: readonly string[]): string | undefined {
  for (const program of ['/usr/sbin/sshd', '/usr/bin/ssh-keygen', '/usr/bin/sudo', '/usr/bin/unshare', '/usr/bin/busybox', ...more]) {
    if (!existsSync(program)) return `${program} is missing (apt-get install openssh-server openssh-client sudo busybox opendoas locales)`;
  }
  return process.getuid?.() === 0 ? undefined : 'it takes root';
}

/** How a test host differs from the usual one. */
export interface SshdOptions {
  /** Lines for sshd_config; the first one of a kind counts. */
  readonly extra?: readonly string[];
  /** Blocks of sshd_config that begin with Match. */
  readonly matching?: readonly string[];
  /** The program that is /bin/sh on it. */
  readonly sh?: string;
  /** Done as root before it starts: lines of sh. */
  readonly setUp?: readonly string[];
}

/** Starts an sshd. */
export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  const folder = mkdtempSync(join(tmpdir(), 'homerun-sshd-'));
  // sshd reads authorized_keys as the user who logs in.
  chmodSync(folder, 0o755);
  const port = await freePort();
  for (const type of ['ed25519', 'ecdsa', 'rsa']) keygen(join(folder, `host_${type}`), type);
  keygen(join(folder, 'id'), 'ed25519');
  keygen(join(folder, 'other'), 'ed25519');
  writeFileSync(join(folder, 'authorized_keys'), readFileSync(join(folder, 'id.pub')));
  writeFileSync(join(folder, 'known_hosts'), `[127.0.0.1]:${port} ${publicKey(join(folder, 'host_ed25519.pub'))}\n`);
  writeFileSync(join(folder, 'sshd_config'), configuration(folder, port, options));
  writeFileSync(join(folder, 'start'), startScript(folder, options));
  const child = spawn('/usr/bin/unshare', ['--mount', '/bin/sh', join(folder, 'start')], { stdio: ['ignore', 'ignore', 'pipe'] });
  const log: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => log.push(chunk.toString()));
  const pid = child.pid;
  if (pid === undefined) throw new Error('unshare did not start');
  await connectsTo(port, () => (child.exitCode === null ? undefined : log.join('')));
  return {
    port,
    folder,
    pid,
    settings: (other = {}) => ({
      name: 'testhost',
      transport: 'ssh',
      host: '127.0.0.1',
      port,
      user: 'root',
      identityFile: join(folder, 'id'),
      knownHostsFiles: [join(folder, 'known_hosts')],
      connectTimeoutSeconds: 20,
      ...other,
    }),
    inside: (script) => execFileSync('/usr/bin/nsenter', ['--target', String(pid), '--mount', '/bin/sh', '-c', script], { encoding: 'utf8' }),
    stop: () => {
      endAll(pid);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Makes a key pair. `more`: further options of ssh-keygen. */
export function keygen(path: string, type: string, passphrase = '', more: readonly string[] = []): void {
  execFileSync('/usr/bin/ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', `test ${type}`, '-f', path, ...more]);
}

/** Type and key of a .pub file, without its comment. */
export function publicKey(path: string): string {
  return readFileSync(path, 'utf8').split(' ').slice(0, 2).join(' ').trim();
}

/** A port that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}

function configuration(folder: string, port: number, { extra = [], matching = [] }: SshdOptions): string {
  return [
    ...extra,
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    ...['ed25519', 'ecdsa', 'rsa'].map((type) => `HostKey ${join(folder, `host_${type}`)}`),
    'UsePAM yes',
    'PermitRootLogin yes',
    'PasswordAuthentication yes',
    'StrictModes no',
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    'PidFile none',
    'PrintMotd no',
    'UseDNS no',
    'LogLevel INFO',
    ...(hasPenalties() ? ['PerSourcePenalties no'] : []),
    ...matching,
    '',
  ].join('\n');
}

/** Since OpenSSH 9.8 sshd bars for a while who fails to log in; all that is tried here comes from one address. */
function hasPenalties(): boolean {
  const [, major, minor] = /OpenSSH_(\d+)\.(\d+)/.exec(spawnSync('/usr/sbin/sshd', ['-V'], { encoding: 'utf8' }).stderr) ?? [];
  return Number(major) > 9 || (Number(major) === 9 && Number(minor) >= 8);
}

function startScript(folder: string, { sh, setUp = [] }: SshdOptions): string {
  return [
    'set -e',
    'mount --make-rprivate /',
    'mount -t tmpfs -o mode=755 tmpfs /run',
    'mkdir -m 755 /run/sshd',
    'mount -t tmpfs -o mode=755 tmpfs /home',
    'mkdir /home/etc && cp -a /etc/. /home/etc',
    'mount --bind /home/etc /etc',
    // What this machine's root has there would run at each login.
    'mount -t tmpfs -o mode=700 tmpfs /root',
    'rm -f /etc/nologin',
    // What the root of this machine has in it may take long, and may leave a lock behind when it is ended in the middle.
    '[ ! -e /root/.bashrc ] || mount --bind /dev/null /root/.bashrc',
    'printf "#!/bin/sh\\nexec busybox sh \\"\\$@\\"\\n" >/home/etc/busybox-sh && chmod 755 /home/etc/busybox-sh',
    ...users.map(([name, shell]) => `useradd --create-home --shell ${shell === '/usr/bin/busybox-sh' ? '/etc/busybox-sh' : shell} ${name}`),
    ...users.map(([name]) => `printf '%s\\n' '${name}:${password}' | chpasswd`),
    ...users.flatMap(([name, , line]) => (line === '' ? [] : [`printf '%s\\n' '${line}' >/etc/sudoers.d/${name}`])),
    // A start-up file that prints before and asks: what follows must not be taken for an answer, or eaten.
    `printf '%s\\n' 'echo "Welcome to a noisy host"; echo "noise on stderr" >&2; alias printf=false; IFS=x' >/home/noisy/.bashrc`,
    `printf '%s\\n' 'read line; read line' >/home/hungry/.bashrc`,
    ...(sh === undefined ? [] : [`mount --bind ${sh} "$(readlink -f /bin/sh)"`]),
    ...setUp,
    `exec /usr/sbin/sshd -D -e -f ${join(folder, 'sshd_config')}`,
    '',
  ].join('\n');
}

/** Ends every process of the namespace: a connection that a failed test left open would keep this process for ever. */
function endAll(pid: number): void {
  const namespaceOf = (process: string | number): string => {
    try {
      return readlinkSync(`/proc/${process}/ns/mnt`);
    } catch {
      return '';
    }
  };
  const ours = namespaceOf(pid);
  for (const id of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (ours !== '' && namespaceOf(id) === ours) kill(Number(id));
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
