import { quote } from '../values/command.ts';
import { splitLines } from './parts.ts';
import { type Question, type QuestionKind, question } from './question.ts';

export interface PortParams {
  /** A name or address, as the host resolves it. */
  readonly host: string;
  /** 1–65535. */
  readonly port: number;
}

/** Whether a TCP connection from the host to there is accepted within 3 seconds. @throws TypeError for a port out of range or a host that is none. */
export function openPort(port: number, host = '127.0.0.1'): Question<boolean> {
  return question(portKind, checkPort({ host, port }));
}

/** @throws TypeError */
export function checkPort({ host, port }: PortParams): PortParams {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new TypeError(`${port} is not a port: expected 1 to 65535`);
  if (!/^[A-Za-z0-9._:%-]+$/.test(host) || host.startsWith('-')) throw new TypeError(`${JSON.stringify(host)} is not a host name or address`);
  return { host, port };
}

/**
 * sh: `connects HOST PORT` succeeds when a connection is accepted. bash can open one by itself; else nc or curl; without any of them the
 * kernel's table of listeners says it for this machine (a port that a firewall redirects is not seen there).
 */
export const connectsFunction = `connects() {
  if command -v bash >/dev/null; then timeout 3 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>/dev/null
  elif nc -h 2>&1 | grep -q -e '-z'; then timeout 3 nc -z -w 3 "$1" "$2" >/dev/null 2>&1
  elif command -v curl >/dev/null; then
    curl -q -s --connect-timeout 3 --max-time 3 "telnet://$1:$2" </dev/null >/dev/null 2>&1
    case $? in 0 | 28 | 48 | 52 | 56) true ;; *) false ;; esac
  else cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk '{ print $2, $4 }' | grep -q ":$(printf %04X "$2") 0A$"; fi
}`;

export const portKind: QuestionKind<PortParams, boolean> = {
  kind: 'port',
  // What listens there may be started by anything.
  reads: () => ['*'],
  volatile: true,
  script: (params) =>
    [connectsFunction, ...params.map(({ host, port }) => `if connects ${quote(host)} ${port}; then echo open; else echo closed; fi`)].join('\n'),
  split: (output, params) => splitLines(output, params.length),
  parse(part) {
    if (part !== 'open\n' && part !== 'closed\n') throw new Error(`the state of a port is not understood: ${JSON.stringify(part)}`);
    return part === 'open\n';
  },
  timeoutSeconds: (params) => 30 + params.length * 3,
};
