import { quote } from '../values/command.ts';
import { checkAccount } from './account.ts';
import { linesOf, splitParts } from './parts.ts';
import { type Question, type QuestionKind, question } from './question.ts';

export interface UserParams {
  readonly name: string;
  /** With what /etc/shadow says; only root can see that. */
  readonly shadow?: true;
}

export interface UserAnswer {
  readonly exists: boolean;
  readonly uid?: number;
  /** The primary group. */
  readonly gid?: number;
  /** The GECOS field. */
  readonly comment?: string;
  readonly home?: string;
  readonly shell?: string;
  /** Names of all groups that it is a member of beside the primary one, sorted. */
  readonly groups?: readonly string[];
  /** SHA-256 of the password's hash without the marks of a lock, hexadecimal: to compare, not to crack. Only where `shadow` was asked and may be seen. */
  readonly passwordDigest?: string;
  /** The password is locked: its hash has a `!` before it (usermod(8), -L). Only with `shadow`. */
  readonly isLocked?: boolean;
  /** There is nothing behind the mark of the lock: no password that could be unlocked. Only with `shadow`. */
  readonly hasNoPassword?: true;
  /** Days since 1970 after which the account is closed; absent for never. Only with `shadow`. */
  readonly expiresDays?: number;
  /** Least and most days between changes of the password; absent where there is no bound. Only with `shadow`. */
  readonly passwordDays?: { readonly min?: number; readonly max?: number };
}

/** One user of the host, wherever its accounts come from (getent(1)). @throws TypeError when `name` is not the name of a user. */
export function user(name: string, options: { readonly shadow?: true } = {}): Question<UserAnswer> {
  return question(userKind, { name: checkAccount(name), ...options });
}

// One look into each database for all accounts (BusyBox may lack getent; its accounts are in the files), each after a line that no account has. Of a hash
// only the digest leaves the host.
const preamble = `answers() {
  awk -F : -v wanted="$1" 'BEGIN { total = split(wanted, accounts, " "); for (i = 1; i <= total; i++) { split(accounts[i], account, ":"); asked[account[1]] } }
/^::/ { database = $3; next }
database == "group" { count = split($4, names, ","); for (i = 1; i <= count; i++) if (names[i] in asked) member(names[i], $1); next }
!($1 in asked) { next }
database == "passwd" && !($1 in entry) { entry[$1] = $1 ":" $3 ":" $4 ":" $5 ":" $6 ":" $7 }
database == "shadow" && !($1 in hash) { hash[$1] = $2; days[$1] = $4 ":" $5 ":" $8 }
function member(name, group, at) {
  for (at = ++groups[name]; at > 1 && group "" < of[name, at - 1] ""; at--) of[name, at] = of[name, at - 1]
  of[name, at] = group
}
function shadow(name, lock) {
  lock = hash[name] ~ /^!/ ? "locked" : "open"
  sub(/^!+/, "", hash[name])
  print "shadow " lock (hash[name] == "" ? "-empty" : "") " " hash[name] " " days[name]
}
END {
  for (i = 1; i <= total; i++) {
    split(accounts[i], account, ":")
    name = account[1]
    if (name in entry) {
      print entry[name]
      for (at = 1; at <= groups[name]; at++) print "member " of[name, at]
      if (account[2] == "shadow" && name in hash) shadow(name)
    }
    print "."
  }
}'
}
digested() {
  while IFS= read -r line; do
    case $line in
      'shadow '*) line=\${line#shadow }
        lock=\${line%% *} days=\${line##* } hash=\${line#* }
        digest=$(printf %s "\${hash%" $days"}" | sha256sum)
        line="shadow $lock \${digest%% *} $days" ;;
    esac
    printf '%s\\n' "$line"
  done
}`;

/** sh: all of a database that these names need. */
const databaseOf = (database: string, names: readonly string[]): string =>
  `echo ::${database}; getent ${[database, ...names.map(quote)].join(' ')} || cat /etc/${database}`;

function scriptOf(params: readonly UserParams[]): string {
  const namesOf = (some: readonly UserParams[]): readonly string[] => [...new Set(some.map(({ name }) => name))];
  const secret = namesOf(params.filter(({ shadow }) => shadow));
  const databases = [
    databaseOf('passwd', namesOf(params)),
    databaseOf('group', []),
    ...(secret.length > 0 ? [databaseOf('shadow', secret)] : []),
  ].join('; ');
  const wanted = params.map(({ name, shadow }) => `${name}:${shadow ? 'shadow' : 'plain'}`).join(' ');
  return `${preamble}\n{ ${databases}; } 2>/dev/null | answers ${quote(wanted)}${secret.length > 0 ? ' | digested' : ''}`;
}

export const userKind: QuestionKind<UserParams, UserAnswer> = {
  kind: 'user',
  reads: ({ name }) => [`user:${name}`, 'group:*', 'file:/etc/passwd', 'file:/etc/group', 'file:/etc/shadow'],
  script: scriptOf,
  split: (output, params) => splitParts(output, params.length),
  parse(part, { name }) {
    const [entry, ...lines] = linesOf(part);
    if (entry === undefined) return { exists: false };
    const fields = /^[^:]+:(\d{1,10}):(\d{1,10}):([^:]*):([^:]*):([^:]*)$/.exec(entry);
    if (!fields) throw new Error(`the user ${name} is not understood: ${JSON.stringify(entry)}`);
    const [, uid, gid, comment = '', home = '', shell = ''] = fields;
    const shadow = lines.map((line) => /^shadow (open|locked)(-empty)? ([0-9a-f]{64}) (-?\d*):(-?\d*):(-?\d*)$/.exec(line)).find((match) => match);
    return {
      exists: true,
      uid: Number(uid),
      gid: Number(gid),
      comment,
      home,
      shell,
      groups: lines.filter((line) => line.startsWith('member ')).map((line) => line.slice('member '.length)),
      ...(shadow && shadowOf(shadow)),
    };
  },
};

function shadowOf([, lock, empty, digest = '', min = '', max = '', expires = '']: readonly (string | undefined)[]): Partial<UserAnswer> {
  // -1 is another word for none.
  const days = (text: string): number | undefined => (text === '' || text.startsWith('-') ? undefined : Number(text));
  const [least, most, end] = [days(min), days(max), days(expires)];
  return {
    passwordDigest: digest,
    isLocked: lock === 'locked',
    ...(lock === 'locked' && empty !== undefined && { hasNoPassword: true as const }),
    ...(end !== undefined && { expiresDays: end }),
    passwordDays: { ...(least !== undefined && { min: least }), ...(most !== undefined && { max: most }) },
  };
}
