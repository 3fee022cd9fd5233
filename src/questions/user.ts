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

const preamble = `entry() { { getent "$1" "$2" || cat "/etc/$1"; } 2>/dev/null | awk -F : -v name="$2" '$1 == name { print; exit }'; }
groups=
account() {
  line=$(entry passwd "$1")
  if [ -n "$line" ]; then
    [ -n "$groups" ] || groups=$(getent group 2>/dev/null || cat /etc/group)
    printf '%s\\n' "$line" | cut -d : -f 1,3-7
    printf '%s\\n' "$groups" | awk -F : -v name="$1" '{ count = split($4, members, ","); for (i = 1; i <= count; i++) if (members[i] == name) print "member " $1 }' | sort
    if [ "$2" = shadow ]; then
      line=$(entry shadow "$1")
      if [ -n "$line" ]; then
        hash=\${line#*:} hash=\${hash%%:*} lock=open
        case $hash in '!'*) lock=locked ;; esac
        while [ "$hash" != "\${hash#!}" ]; do hash=\${hash#!}; done
        [ -n "$hash" ] || lock="$lock-empty"
        echo "shadow $lock $(printf %s "$hash" | sha256sum | cut -c 1-64) $(printf '%s\\n' "$line" | cut -d : -f 4,5,8)"
      fi
    fi
  fi
  echo .
}`;

export const userKind: QuestionKind<UserParams, UserAnswer> = {
  kind: 'user',
  reads: ({ name }) => [`user:${name}`, 'group:*', 'file:/etc/passwd', 'file:/etc/group', 'file:/etc/shadow'],
  script: (params) => [preamble, ...params.map(({ name, shadow }) => `account ${quote(name)} ${shadow ? 'shadow' : 'plain'}`)].join('\n'),
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
