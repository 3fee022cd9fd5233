import { readdir, readFile } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { UnreachableError } from '../values/errors.ts';
import { createLimit } from './limit.ts';
import { plainText } from './plain-text.ts';
import { askSsh } from './system-ssh.ts';

/** Whom the user's ssh configuration is asked about. */
export interface SshConfigQuestion {
  /** What would be typed behind `ssh`. */
  readonly host: string;
  /** What is known already, as `Match` may ask for it and it counts more. */
  readonly user?: string;
  readonly port?: number;
  /** Another file than those that ssh reads by itself. */
  readonly file?: string;
}

/** What the user's ssh configuration says of one host. */
export interface SshConfig {
  readonly hostName: string;
  readonly port: number;
  readonly user: string;
  /** Private keys that it names; absent where it names none. */
  readonly identityFiles?: readonly string[];
  readonly identitiesOnly: boolean;
  /** Socket of an agent, or `none`; absent: that of the environment. */
  readonly identityAgent?: string;
  readonly proxyJump?: string;
  readonly hostKeyAlias?: string;
  /** Absent: those of ssh. */
  readonly knownHostsFiles?: readonly string[];
  readonly connectTimeoutSeconds?: number;
  /**
   * By which others than known_hosts files would judge a host, switched off: a key exchange by Kerberos (Debian's ssh) compares no host key, a command
   * makes keys known. Those that this ssh knows: it does not start with the others.
   */
  readonly off: readonly string[];
  /** Options that it sets and that ssh2 cannot do: leaving them out would lead elsewhere, or trust more. */
  readonly beyondSsh2: readonly string[];
}

const askSeconds = 20;
const mostAtOnce = 8;
const starts = createLimit(mostAtOnce);
// Asked once a process: hosts that are connected to anew, and bastions of many, take the answer that there is.
const asked = new Map<string, Promise<SshConfig | undefined>>();

/**
 * What the ssh configuration says of a host, by `ssh -G`: Host, Match and Include are resolved by ssh itself. Undefined where there is no ssh.
 * @throws UnreachableError with what ssh says of a file that it does not understand
 */
export function askSshConfig(question: SshConfigQuestion): Promise<SshConfig | undefined> {
  const { host, user, port, file } = question;
  const words = [
    '-G',
    '-T',
    ...(file === undefined ? [] : ['-F', file]),
    ...(user === undefined ? [] : ['-l', user]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    '--',
    host,
  ];
  const key = JSON.stringify(words);
  const answer = asked.get(key) ?? starts.run('', () => ask(host, words));
  asked.set(key, answer);
  return answer;
}

async function ask(host: string, words: readonly string[]): Promise<SshConfig | undefined> {
  const answer = await askSsh(words, askSeconds);
  if (!answer) return undefined;
  if (answer.code === 0) return parseSshConfig(answer.output, host);
  const why =
    answer.code === undefined ? `it did not answer within ${askSeconds} s` : plainText(answer.errors) || `ssh -G ended with code ${answer.code}`;
  throw new UnreachableError(
    `the ssh configuration for ${host} cannot be read: ${why}`,
    'Mend that file, or write ssh_config: FILE for another one, or ssh_config: none.',
  );
}

/** Reads what `ssh -G` prints. @param host as it was asked for */
export function parseSshConfig(text: string, host: string): SshConfig {
  const all = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [, name = '', value = ''] = /^(\S+) (.*)$/.exec(line) ?? [];
    all.set(name, [...(all.get(name) ?? []), value]);
  }
  const one = (name: string): string | undefined => all.get(name)?.[0];
  const set = (name: string): string | undefined => (one(name) === 'none' ? undefined : one(name));
  const hostName = one('hostname') ?? host;
  const port = Number(one('port') ?? 22);
  const user = one('user') ?? userInfo().username;
  const hostKeyAlias = set('hostkeyalias');
  const expand = expander({ host, hostName, port, user, ...(hostKeyAlias !== undefined && { hostKeyAlias }) });
  const identityFiles = identitiesOf(all.get('identityfile') ?? []);
  const knownHostsFiles = knownHostsOf(one('userknownhostsfile'), one('globalknownhostsfile'));
  const agent = one('identityagent');
  const proxyJump = set('proxyjump');
  const timeout = Number(one('connecttimeout'));
  const isOtherAgent = agent !== undefined && agent !== 'SSH_AUTH_SOCK' && !agent.startsWith('$');
  return {
    hostName,
    port,
    user,
    identitiesOnly: one('identitiesonly') === 'yes',
    ...(identityFiles && { identityFiles: identityFiles.map(expand) }),
    ...(isOtherAgent && { identityAgent: agent === 'none' ? agent : expand(agent) }),
    ...(proxyJump !== undefined && { proxyJump }),
    ...(hostKeyAlias !== undefined && { hostKeyAlias }),
    ...(knownHostsFiles && { knownHostsFiles: knownHostsFiles.map(expand) }),
    ...(timeout > 0 && { connectTimeoutSeconds: Math.min(timeout, 600) }),
    off: [
      // Shown whether it is set or not.
      ...(all.has('gssapikeyexchange') ? ['GSSAPIKeyExchange=no'] : []),
      // Not shown unless it is set, and a Match may set it for the login alone; the other name is as old (OpenSSH 8.5) and always shown.
      ...(all.has('knownhostscommand') || all.has('pubkeyacceptedalgorithms') ? ['KnownHostsCommand=none'] : []),
    ],
    beyondSsh2: [
      ...beyond.filter(([name]) => set(name) !== undefined).map(([, word]) => word),
      ...(agent?.startsWith('$') ? [`IdentityAgent ${agent}`] : []),
    ],
  };
}

const beyond = [
  ['proxycommand', 'ProxyCommand'],
  ['revokedhostkeys', 'RevokedHostKeys'],
  ['knownhostscommand', 'KnownHostsCommand'],
  ['pkcs11provider', 'PKCS11Provider'],
  ['bindaddress', 'BindAddress'],
  ['bindinterface', 'BindInterface'],
] as const;

// ssh shows its own list where none is named.
function identitiesOf(files: readonly string[]): readonly string[] | undefined {
  const isOwnList = files.length > 2 && files.every((file) => /^~\/\.ssh\/id_(rsa|dsa|ecdsa|ecdsa_sk|ed25519|ed25519_sk|xmss|mldsa\w*)$/.test(file));
  return isOwnList || files.length === 0 ? undefined : files.filter((file) => file !== 'none');
}

function knownHostsOf(user: string | undefined, system: string | undefined): readonly string[] | undefined {
  if (user === undefined && system === undefined) return undefined;
  const files = [...listOf(user), ...listOf(system)];
  const own = ['~/.ssh/known_hosts', '~/.ssh/known_hosts2', '/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'];
  const isOwnList = files.length === own.length && files.every((file, index) => fromHome(file) === fromHome(own[index] ?? ''));
  return isOwnList ? undefined : files.filter((file) => file !== 'none' && file !== '/dev/null');
}

// ssh shows names of files with blanks in them as they are: what does not begin like a path belongs to the one before it.
function listOf(text = ''): readonly string[] {
  return text.split(/ (?=[/~%])/).filter((file) => file !== '');
}

function fromHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(userInfo().homedir, path.slice(1)) : path;
}

// TOKENS of ssh_config(5), those that stand in names of files.
function expander(of: { host: string; hostName: string; port: number; user: string; hostKeyAlias?: string }): (path: string) => string {
  const local = userInfo();
  const values: Readonly<Record<string, string>> = {
    '%': '%',
    d: local.homedir,
    h: of.hostName,
    i: String(local.uid),
    k: of.hostKeyAlias ?? of.host,
    L: hostname().replace(/\..*/, ''),
    l: hostname(),
    n: of.host,
    p: String(of.port),
    r: of.user,
    u: local.username,
  };
  return (path) => fromHome(path).replaceAll(/%(.)/g, (token, letter: string) => values[letter] ?? token);
}

/**
 * Whether ssh has anything to say of hosts but its defaults: a file of the user's, or something in that of the system that is about connecting. So that
 * nobody without either pays for asking.
 */
export function isConfigured(): Promise<boolean> {
  known ??= hasWords(userInfo().homedir, '/etc/ssh');
  return known;
}

let known: Promise<boolean> | undefined;

/** The same of a home folder, and of the folder of the system's files. */
export async function hasWords(home: string, system: string): Promise<boolean> {
  const read = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined);
  const [own, general] = await Promise.all([read(join(home, '.ssh/config')), read(join(system, 'ssh_config'))]);
  // Where it is not, ssh may have been built to look elsewhere.
  if (own !== undefined || general === undefined) return true;
  const parts = await readdir(join(system, 'ssh_config.d')).catch(() => []);
  const isIdle = (line: string): boolean =>
    /^\s*($|#|host\s+\*\s*$|sendenv\s|hashknownhosts\s|gssapi\w+\s)/i.test(line) ||
    (line.trim() === `Include ${system}/ssh_config.d/*.conf` && parts.every((name) => !name.endsWith('.conf')));
  return !general.split('\n').every(isIdle);
}
