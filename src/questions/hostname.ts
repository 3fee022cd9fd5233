import { linesOf } from './parts.ts';
import { type Question, type QuestionKind, question } from './question.ts';

/** What a host calls itself. */
export interface HostnameAnswer {
  /** The name that it has now, as uname(1) gives it. */
  readonly running: string;
  /** The name that it takes at each boot: /etc/hostname. Empty where there is none. */
  readonly static: string;
  /** The name is kept by systemd: hostnamectl(1) sets it. */
  readonly isSystemd: boolean;
}

/** The name of the host. */
export function hostname(): Question<HostnameAnswer> {
  return question(hostnameKind, {});
}

// hostname(5): lines that begin with `#` and empty ones do not count.
export const hostnameKind: QuestionKind<object, HostnameAnswer> = {
  kind: 'hostname',
  reads: () => ['hostname:*', 'facts:*', 'file:/etc/hostname', 'package:systemd'],
  script: () => `uname -n
if [ -r /etc/hostname ]; then sed -n '/^[[:space:]]*#/d; s/[[:space:]]//g; /./{p;q;}' /etc/hostname | tr -c '[:alnum:]\\n._-' '?'; fi
echo .
if [ -d /run/systemd/system ] && command -v hostnamectl >/dev/null; then echo systemd; else echo other; fi`,
  split: (output, params) => params.map(() => output),
  parse(part) {
    const [running = '', fixed = ''] = linesOf(part);
    const manager = part.trimEnd().split('\n').at(-1);
    if (running === '' || (manager !== 'systemd' && manager !== 'other')) throw new Error('the name of the host is not understood');
    return { running, static: fixed, isSystemd: manager === 'systemd' };
  },
};
