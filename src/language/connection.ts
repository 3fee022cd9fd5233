import { type BecomeMethod, becomeMethodOf } from '../values/become-method.ts';
import { InputError, type Source } from '../values/errors.ts';
import { isFingerprint } from '../values/fingerprint.ts';
import { Secret, type Text } from '../values/secret.ts';
import type { Value } from '../values/vars.ts';
import { describeShown } from './describe.ts';
import type { Scope } from './expression.ts';
import { didYouMean } from './nearest.ts';
import { asBoolean } from './value.ts';
import { bindingOf, type Layer } from './variables.ts';

/** How a host is reached, as its variables say it. What is left out has the default of the connection. */
export interface HostConnection {
  /** The inventory name. */
  readonly name: string;
  /** `ssh`, or `local` for a shell of this machine (`ansible_connection: local`). */
  readonly transport: 'ssh' | 'local';
  /** Default: the inventory name. */
  readonly host: string;
  /** 1–65535. */
  readonly port?: number;
  /** Absent: whoever runs homerun, or `-u`. */
  readonly user?: string;
  readonly password?: Text;
  /** Path of a private key. */
  readonly identityFile?: string;
  /** `user@host:port`, comma separated. */
  readonly proxyJump?: string;
  /** In the order of `ssh_known_hosts_file`. */
  readonly knownHostsFiles?: readonly string[];
  /** The name that the host's keys are kept under in known_hosts files. */
  readonly hostKeyAlias?: string;
  /** `SHA256:…`: no other key of the host is taken. */
  readonly hostKeys?: readonly string[];
  /** The same of the hops, one each. */
  readonly proxyJumpHostKeys?: readonly string[];
  /** Seconds, 1–600. */
  readonly connectTimeoutSeconds?: number;
  /** What speaks SSH. */
  readonly sshTransport?: 'ssh2' | 'openssh';
  /** A file of ssh_config(5), or `none`. Absent: those that ssh(1) reads. */
  readonly sshConfig?: string;
  readonly become: {
    /** Whether tasks that do not say so run as another user. Default false. */
    readonly byDefault: boolean;
    /** Default root. */
    readonly user: string;
    /** Default: sudo. */
    readonly method?: BecomeMethod;
    readonly password?: Text;
  };
}

/** Our names, each with Ansible's names that mean the same. Of several that are set, the one of highest precedence counts. */
const variables = {
  transport: ['ansible_connection'],
  host: ['ssh_host', 'ansible_host', 'ansible_ssh_host'],
  port: ['ssh_port', 'ansible_port', 'ansible_ssh_port'],
  user: ['ssh_user', 'ansible_user', 'ansible_ssh_user'],
  password: ['ssh_password', 'ansible_password', 'ansible_ssh_pass', 'ansible_ssh_password'],
  identityFile: ['ssh_identity_file', 'ansible_ssh_private_key_file', 'ansible_private_key_file'],
  proxyJump: ['ssh_proxy_jump'],
  knownHosts: ['ssh_known_hosts_file'],
  hostKeys: ['ssh_host_key', 'host_key'],
  hostKeyAlias: ['ssh_host_key_alias'],
  proxyJumpHostKeys: ['ssh_proxy_jump_host_key'],
  timeout: ['ssh_timeout', 'ansible_timeout', 'ansible_ssh_timeout'],
  sshTransport: ['ssh_transport'],
  sshConfig: ['ssh_config'],
  become: ['become', 'ansible_become'],
  becomeUser: ['become_user', 'ansible_become_user'],
  becomeMethod: ['become_method', 'ansible_become_method'],
  becomePassword: ['become_password', 'ansible_become_password', 'ansible_become_pass'],
} as const;

/** Ansible's connection variables that have no meaning here, with what to do. */
const refused: Readonly<Record<string, string>> = {
  ansible_ssh_common_args: 'Options of ssh are not taken; use ssh_config, ssh_proxy_jump, ssh_identity_file, ssh_known_hosts_file.',
  ansible_ssh_extra_args: 'Options of ssh are not taken; use ssh_config, ssh_proxy_jump, ssh_identity_file, ssh_known_hosts_file.',
  ansible_host_key_checking: 'Host keys are always checked: "homerun trust" shows and records them.',
  ansible_ssh_host_key_checking: 'Host keys are always checked: "homerun trust" shows and records them.',
  ansible_become_exe: 'Delete it: sudo, su and doas are called as they are found in PATH, also below /usr/local/bin and /usr/sbin.',
  ansible_become_flags: 'Delete it: sudo, su and doas are called with the options that they need (sudo: -H), and take no others.',
  become_exe: 'Delete it: sudo, su and doas are called as they are found in PATH, also below /usr/local/bin and /usr/sbin.',
  become_flags: 'Delete it: sudo, su and doas are called with the options that they need (sudo: -H), and take no others.',
  ansible_paramiko_proxy_command: 'Write ssh_proxy_jump: user@host:port; or ProxyCommand in a file of ssh_config, with ssh_transport: openssh.',
  ansible_ssh_proxy_command: 'Write ssh_proxy_jump: user@host:port; or ProxyCommand in a file of ssh_config, with ssh_transport: openssh.',
  ansible_ssh_args: 'Options of ssh are not taken; use ssh_config, ssh_proxy_jump, ssh_identity_file, ssh_known_hosts_file.',
  ssh_host_key_checking: 'Host keys are always checked: "homerun trust" shows and records them.',
  ssh_strict_host_key_checking: 'Host keys are always checked: "homerun trust" shows and records them.',
};

/** Variables of Ansible that may say what homerun does anyway, and nothing else. */
const asAlways: Readonly<Record<string, { readonly values: readonly string[]; readonly hint: string }>> = {
  ansible_shell_type: { values: ['sh'], hint: 'Everything runs in sh, whatever the shell of the user is: delete it.' },
  ansible_shell_executable: {
    values: ['/bin/sh', 'sh'],
    hint: 'Everything runs in sh: delete it, and write shell with executable: /bin/bash where that is wanted.',
  },
};

/** Our names and Ansible's by setting, and the connection variables that are refused with what to do: for the schema of inventories. */
export const connectionVariables: {
  readonly names: Readonly<Record<Setting, readonly string[]>>;
  readonly refused: Readonly<Record<string, string>>;
  /** Those that may have one value alone. */
  readonly fixed: typeof asAlways;
} = { names: variables, refused, fixed: asAlways };

/**
 * The connection settings of a host.
 * @param layers its layers, low to high; the variables may be templates.
 * @throws InputError with every mistake: wrong types, names that begin with `ssh_` and are none, contradictions.
 */
export function hostConnection(name: string, layers: readonly Layer[], scope: Scope): HostConnection {
  const read = new Settings(layers, scope);
  const transport = read.text('transport') ?? 'ssh';
  if (!['ssh', 'local', 'smart', 'paramiko', 'paramiko_ssh'].includes(transport))
    read.note(`ansible_connection: ${transport} is not supported`, 'transport', 'Hosts are reached over SSH (ssh), or are this machine (local).');
  const optional = {
    user: read.line('user'),
    password: read.secret('password'),
    identityFile: read.line('identityFile'),
    proxyJump: read.hops('proxyJump'),
    hostKeyAlias: read.address('hostKeyAlias'),
    hostKeys: read.fingerprints('hostKeys'),
    proxyJumpHostKeys: read.fingerprints('proxyJumpHostKeys'),
    port: read.number('port', 1, 65_535),
    knownHostsFiles: read.texts('knownHosts'),
    connectTimeoutSeconds: read.number('timeout', 1, 600),
    sshTransport: read.transport('sshTransport'),
    sshConfig: read.line('sshConfig'),
  };
  const hopCount = optional.proxyJump === undefined || optional.proxyJump === 'none' ? 0 : optional.proxyJump.split(',').length;
  if (optional.proxyJumpHostKeys && optional.proxyJumpHostKeys.length !== hopCount)
    read.note(
      `ssh_proxy_jump_host_key wants a fingerprint for each host of ssh_proxy_jump (${hopCount}), got ${optional.proxyJumpHostKeys.length}`,
      'proxyJumpHostKeys',
      'Write them in the order of the hosts.',
    );
  const becomePassword = read.secret('becomePassword');
  const becomeMethod = read.method('becomeMethod');
  const settings: HostConnection = {
    name,
    transport: transport === 'local' ? 'local' : 'ssh',
    host: read.address('host') ?? name,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
    become: {
      byDefault: read.flag('become') ?? false,
      user: read.line('becomeUser') ?? 'root',
      ...(becomeMethod !== undefined && { method: becomeMethod }),
      ...(becomePassword !== undefined && { password: becomePassword }),
    },
  };
  read.noteUnknown();
  if (read.problems.length > 0) throw new InputError(read.problems);
  return settings;
}

/**
 * The machine that a host is, as far as its variables tell: hosts with the same address, port and way there are one. Undefined for this machine, which has
 * as many names as somebody likes.
 */
export function machineOf({
  transport,
  host,
  port = 22,
  proxyJump,
}: Pick<HostConnection, 'transport' | 'host' | 'port' | 'proxyJump'>): string | undefined {
  if (transport !== 'ssh') return undefined;
  const way = proxyJump === undefined || proxyJump === 'none' ? '' : ` through ${proxyJump}`;
  return `${host.toLowerCase()}${port === 22 ? '' : ` port ${port}`}${way}`;
}

export type Setting = keyof typeof variables;

/** The name that is set, by precedence of its layer, then by our name first. */
function nameOf(setting: Setting, layers: readonly Layer[]): string | undefined {
  const set = variables[setting].flatMap((name) => {
    const found = bindingOf(layers, name);
    return found ? [{ name, rank: layers.indexOf(found.layer) }] : [];
  });
  return set.sort((a, b) => b.rank - a.rank)[0]?.name;
}

/** Where a setting of a host stands; undefined where it has its default. */
export function settingSource(setting: Setting, layers: readonly Layer[]): Source | undefined {
  const name = nameOf(setting, layers);
  return name === undefined ? undefined : bindingOf(layers, name)?.binding.source;
}

/** The text of a value, also of a secret one. */
function plain(value: Value): string | undefined {
  if (value instanceof Secret) return value.reveal();
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

const hostName = /^[A-Za-z0-9_:][A-Za-z0-9._:%-]{0,252}$/;
/** Taken apart where it is dialled. */
const hop = /^(ssh:\/\/)?([^@\s]+@)?(\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9_][A-Za-z0-9._-]*)(:\d{1,5})?$/;

/** Reads settings one by one and keeps what is wrong. */
class Settings {
  readonly problems: { readonly message: string; readonly source?: Source; readonly hint?: string }[] = [];
  readonly #layers: readonly Layer[];
  readonly #scope: Scope;

  constructor(layers: readonly Layer[], scope: Scope) {
    this.#layers = layers;
    this.#scope = scope;
  }

  #name(setting: Setting): string | undefined {
    return nameOf(setting, this.#layers);
  }

  #read<T>(setting: Setting, expected: string, convert: (value: Value) => T | undefined): T | undefined {
    const name = this.#name(setting);
    const value = name === undefined ? undefined : this.#scope.get(name);
    if (name === undefined || value === undefined || value === null) return undefined;
    const result = convert(value);
    if (result === undefined) this.note(`${name} wants ${expected}, got ${describeShown(value)}`, setting);
    return result;
  }

  note(message: string, setting: Setting, hint?: string): void {
    this.#note(message, this.#name(setting), hint);
  }

  #note(message: string, name: string | undefined, hint?: string): void {
    const source = name === undefined ? undefined : bindingOf(this.#layers, name)?.binding.source;
    this.problems.push({ message, ...(source && { source }), ...(hint !== undefined && { hint }) });
  }

  text(setting: Setting): string | undefined {
    return this.#read(setting, 'text', (value) => (typeof value === 'string' || typeof value === 'number' ? String(value) : undefined));
  }

  /** Text that goes into a file name, an address or a command: one line, not empty, no dash in front. */
  line(setting: Setting): string | undefined {
    return this.#read(setting, 'one line of text that does not begin with a dash', (value) => {
      const text = plain(value);
      return text !== undefined && /^[^\s-]\S*( \S+)*$/.test(text) ? text : undefined;
    });
  }

  /** What a host is reached under. */
  address(setting: Setting): string | undefined {
    return this.#read(setting, 'the name or address of a host, without a user or port', (value) => {
      const text = plain(value);
      return text !== undefined && hostName.test(text) ? text : undefined;
    });
  }

  /** One or several of keys. */
  fingerprints(setting: Setting): readonly string[] | undefined {
    return this.#read(setting, 'SHA256: and 43 letters, as ssh-keygen -l shows a key, or a list of them', (value) => {
      const items = (Array.isArray(value) ? value : [value]).map(plain);
      return items.length > 0 && items.every((item) => item !== undefined && isFingerprint(item)) ? items.map(String) : undefined;
    });
  }

  /** Hosts on the way. */
  hops(setting: Setting): string | undefined {
    return this.#read(setting, 'user@host:port, several with commas between', (value) => {
      const text = plain(value)?.trim();
      return text !== undefined && (text === 'none' || text.split(',').every((part) => hop.test(part.trim()))) ? text : undefined;
    });
  }

  transport(setting: Setting): 'ssh2' | 'openssh' | undefined {
    return this.#read(setting, 'ssh2 or openssh', (value) => (value === 'ssh2' || value === 'openssh' ? value : undefined));
  }

  secret(setting: Setting): Text | undefined {
    return this.#read(setting, 'text', (value) =>
      value instanceof Secret ? value : typeof value === 'string' || typeof value === 'number' ? new Secret(String(value)) : undefined,
    );
  }

  number(setting: Setting, least: number, most: number): number | undefined {
    return this.#read(setting, `a whole number from ${least} to ${most}`, (value) => {
      const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
      return typeof number === 'number' && Number.isInteger(number) && number >= least && number <= most ? number : undefined;
    });
  }

  method(setting: Setting): BecomeMethod | undefined {
    return this.#read(setting, 'sudo, su or doas', (value) => (typeof value === 'string' ? becomeMethodOf(value) : undefined));
  }

  flag(setting: Setting): boolean | undefined {
    return this.#read(setting, 'true or false', asBoolean);
  }

  texts(setting: Setting): readonly string[] | undefined {
    return this.#read(setting, 'the name of a file or a list of them', (value) => {
      const items: readonly Value[] = Array.isArray(value) ? value : [value];
      return items.every((item) => typeof item === 'string' && item !== '') ? items.map(String) : undefined;
    });
  }

  #mustBe(name: string, { values, hint }: (typeof asAlways)[string]): void {
    const value = this.#scope.get(name);
    if (value === undefined || value === null || (typeof value === 'string' && values.includes(value))) return;
    this.#note(`${name} is ${values[0]} always, got ${describeShown(value)}`, name, hint);
  }

  /** Names that begin like ours and are none: most likely misspelt, and without an error they would do nothing. */
  noteUnknown(): void {
    const known: readonly string[] = Object.values(variables).flat();
    for (const name of this.#scope.names()) {
      const instead = Object.hasOwn(refused, name) ? refused[name] : undefined;
      const always = Object.hasOwn(asAlways, name) ? asAlways[name] : undefined;
      if (always) this.#mustBe(name, always);
      else if (instead !== undefined) this.#note(`the connection variable ${name} is not supported`, name, instead);
      else if (name.startsWith('ssh_') && !known.includes(name)) {
        const hint = didYouMean(name, known) ?? `There are: ${known.filter((other) => other.startsWith('ssh_')).join(', ')}.`;
        this.#note(`there is no connection variable ${name}`, name, hint);
      }
    }
  }
}
