import { explainsItself, type Output } from '../../values/command.ts';

/** What a failed command's words mean, and what to do about it. */
export interface Explanation {
  /** One sentence: the cause, and the words that say so. */
  readonly message: string;
  /** What to do, in one or two sentences. */
  readonly hint?: string;
}

/** A known cause: what programs say of it, in plain words, and its cure. */
interface Cause {
  /** Matches one line of what a program said. */
  readonly says: RegExp;
  readonly means: string;
  readonly cure: string;
}

const clockCure = 'Look at the clock of the host (date -u) and set it: timedatectl set-ntp true, or date -u -s TIME.';
const networkCure = "Look at the host's network: ip route, /etc/resolv.conf, and whether a firewall lets it out.";

/** The causes, what is more particular first: the first that matches any line is taken. */
const causes: readonly Cause[] = [
  {
    says: /No space left on device|You don't have enough free space in|not enough (free )?disk space|disk is full/i,
    means: 'the disk of the host is full',
    cure: 'Make room: df -h and df -i show which file system is full; apt-get clean and journalctl --vacuum-size=100M free some.',
  },
  { says: /Disk quota exceeded/i, means: 'the quota of this user on the host is used up', cure: 'Remove files of this user, or raise its quota.' },
  {
    says: /Read-only file system/i,
    means: 'the file system of the host is read-only',
    cure: 'Look at dmesg for errors of the disk; mount -o remount,rw if it is meant to be written.',
  },
  {
    says: /Release file for .* is not valid yet|certificate is not yet valid|certificate has not yet been activated|not yet valid: current time .* is before/i,
    means: 'the clock of the host is behind: what it fetched is of its future',
    cure: clockCure,
  },
  {
    says: /Release file for .* is expired/i,
    means: 'the package lists are too old for the clock of the host',
    cure: `${clockCure} If the clock is right, the mirror is no longer kept up to date: use another.`,
  },
  {
    says: /certificate has expired or is not yet valid|certificate has expired|certificate .*expired|EXPKEYSIG|key .*expired/i,
    means: 'a certificate or key has expired, or the clock of the host is wrong',
    cure: `${clockCure} If the clock is right, whoever serves this must renew it.`,
  },
  {
    says: /NO_PUBKEY|public key is not available|signatures couldn't be verified|signatures were invalid|is not signed\./i,
    means: 'a package repository is not signed with a key that the host trusts',
    cure: 'Give its key with signed_by of the module deb822_repository.',
  },
  {
    says: /SSL certificate problem|self[- ]signed certificate|unable to get local issuer|cannot verify .*certificate|certificate signed by unknown authority|no alternative certificate subject name/i,
    means: 'the certificate of a server is not trusted by the host',
    cure: 'Install ca-certificates on the host; for a CA of your own put its certificate into /usr/local/share/ca-certificates and run update-ca-certificates.',
  },
  {
    says: /Could not get lock|Unable to acquire the dpkg frontend lock|frontend lock was locked|Unable to lock (the administration )?directory/i,
    means: 'another program is using the package system of the host',
    cure: 'Wait for it (often unattended-upgrades after a boot), or wait longer: lock_timeout.',
  },
  {
    says: /dpkg was interrupted/i,
    means: 'an earlier run of dpkg was interrupted',
    cure: 'Run the task apt again, which repairs it, or: dpkg --configure -a',
  },
  {
    says: /downgraded and -y was used without --allow-downgrades/,
    means: 'the version that was named is older than the one that is installed',
    cure: 'Remove the package before, or use the module command with apt-get install --allow-downgrades.',
  },
  {
    says: /Unable to locate package|has no installation candidate|is not available, but is referred to|Version '.*' for '.*' was not found/i,
    means: 'the package lists of the host do not offer this package',
    cure: 'Look at its name and version, fetch the lists (update_cache: true), or add the repository that has it (module deb822_repository).',
  },
  {
    says: /held broken packages|unmet dependencies|Unmet dependencies|pkgProblemResolver/,
    means: 'packages on the host contradict each other',
    cure: 'Run on the host: apt-get -f install, and apt-mark showhold for packages that are held.',
  },
  {
    says: /\blookup \S+( on \S+)?: |Temporary failure (resolving|in name resolution)|Could not resolve( host)?|unable to resolve host|Name or service not known|Name does not resolve|bad address|no such host/i,
    means: 'the host cannot resolve names',
    cure: networkCure,
  },
  {
    says: /(connect|dial).*(127\.0\.0\.1|localhost|\[?::1\b).*(refused|Couldn't connect)/i,
    means: 'nothing listens there on the host',
    cure: 'Look whether the service runs: systemctl status, docker ps, ss -ltnp',
  },
  {
    says: /Network is unreachable|No route to host|Connection timed out|Connection refused|Could not connect to|Couldn't connect to server|Unable to connect to|i\/o timeout|Operation timed out|Cannot initiate the connection/i,
    means: 'the host cannot reach a server',
    cure: networkCure,
  },
  {
    says: /toomanyrequests|429 Too Many Requests|rate limit/i,
    means: 'the server refuses for now: too many requests',
    cure: 'Wait, or log in to the registry from the host.',
  },
  {
    says: /Cannot connect to the Docker daemon|dial unix .*docker\.sock/i,
    means: 'the Docker engine of the host does not answer',
    cure: 'Look at: systemctl status docker, journalctl -u docker -n 50',
  },
  {
    says: /port is already allocated|address already in use|Address already in use|Only one usage of each socket/i,
    means: 'a port is already in use on the host',
    cure: 'Find out by what: ss -ltnp; stop that, or choose another port.',
  },
  {
    says: /Cannot allocate memory|Out of memory|oom-kill|Killed process/i,
    means: 'the host has too little memory',
    cure: 'Look at free -m and dmesg; add memory or swap.',
  },
  {
    says: /File size limit exceeded|File too large/i,
    means: 'a file is larger than this user may write on the host, or than its file system holds',
    cure: 'Look at ulimit -f and /etc/security/limits.conf.',
  },
  {
    says: /this host has no \/dev\/fd/,
    means: 'a script cannot be handed to its interpreter',
    cure: 'Mount /proc on the host; or use the modules copy and command.',
  },
  { says: /Too many open files/i, means: 'too many files are open on the host', cure: 'Look at ulimit -n and /proc/sys/fs/file-nr.' },
  {
    says: /Interactive authentication required|are you root\?|must be (run as )?root|Operation not permitted|Permission denied|a terminal is required|only root|^Failed to \S+ .*: Access denied/i,
    means: 'this user may not do that on the host',
    cure: 'Run the task as root (become: true), or as the user to whom it belongs (become_user).',
  },
  {
    says: /^systemctl (start|stop|restart|reload) \S+ failed: |^\S+ ended as soon as it was started: /,
    means: 'systemd could not do it',
    cure: 'Put right what it complains about, and run again. Its log says more: journalctl -n 50 -u UNIT on the host.',
  },
];

/** Exit codes of a shell (POSIX XCU 2.8.2) that say what happened where no words do. */
const codes: Readonly<Record<number, Explanation>> = {
  126: { message: 'the program cannot be executed on the host', hint: 'Look at its mode, at noexec of its file system, and at its architecture.' },
  137: { message: 'the command was killed (signal 9)', hint: 'Often the host had too little memory: look at dmesg.' },
};

/** Characters of a line that are searched: the time that the patterns of causes take may grow with the cube of its length. */
const mostOfLine = 1000;

/** What a shell says of a program that is not there: dash and BusyBox, bash. */
const missing = /(?:^|: )(?<program>[^\s:]+): (?:command )?not found$/;

/** The same where it is a line of a script of ours that says so, whatever the script made of it. */
const missingInOurs = /^\/bin\/sh: (?:eval: )?(?:line )?\d+: (?:eval: )?(?<program>[^\s:]+): (?:command )?not found$/;

/**
 * Says what the words of a failed command mean, where that is known: a full disk, no network, a wrong clock, locks, missing rights.
 * Pure; both streams are searched, errors first. Gives undefined for what is not known, and for a command that succeeded.
 * @param isOurs the command is homerun's own: one of the user's may do without a program, and fail for another reason
 */
export function explain(output: Output, isOurs = true): Explanation | undefined {
  if (output.rc === 0) return undefined;
  const last = output.stderr.trimEnd().split('\n').at(-1);
  if (output.rc === explainsItself && last) return { message: last };
  const lines = [...output.stderr.split('\n'), ...output.stdout.split('\n')].map((line) => line.slice(0, mostOfLine));
  for (const { says, means, cure } of causes) {
    const line = lines.find((one) => says.test(one));
    if (line !== undefined) return { message: `${means}: ${shortened(line)}`, hint: cure };
  }
  const pattern = output.rc === 127 ? missing : isOurs ? missingInOurs : undefined;
  const program = lines.map((line) => pattern?.exec(line.trim())?.groups?.['program']).find((name) => name);
  if (program)
    return {
      message: `the host has no program ${shortened(program)}`,
      hint: 'Install the package that holds it before (module apt), or give its full path.',
    };
  return codes[output.rc];
}

/** A line of a host is hostile: one line, no control characters, at most 300 characters. */
function shortened(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed.
  const clean = line.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
  return clean.length > 300 ? `${clean.slice(0, 299)}…` : clean;
}
