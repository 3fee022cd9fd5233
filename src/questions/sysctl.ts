import { quote } from '../values/command.ts';
import { checkWord, fromBase64, linesOf, splitParts } from './parts.ts';
import { type Question, type QuestionKind, question } from './question.ts';

export interface SysctlParams {
  /** `net.ipv4.ip_forward`. */
  readonly key: string;
}

/** The value of a kernel parameter. */
export type SysctlAnswer =
  /** `no sysctl`: the program is not on the host. `no key`: the kernel knows no such key, or does not let it be read. */
  | { readonly state: 'no sysctl' | 'no key' }
  /** As the kernel writes it, without blanks at its ends. */
  | { readonly state: 'present'; readonly value: string };

/** A key as sysctl(8) takes it: `net.ipv4.conf.eth0.forwarding`, or with slashes between. */
export const sysctlKey = /^[A-Za-z0-9_][A-Za-z0-9_:@+-]*(?:[./][A-Za-z0-9_:@+*-]+)*$/;

/** What the running kernel has for `key`. @throws TypeError when it is not the name of a key. */
export function sysctl(key: string): Question<SysctlAnswer> {
  if (!sysctlKey.test(checkWord(key, 'the key'))) throw new TypeError(`${JSON.stringify(key)} is not the name of a kernel parameter`);
  return question(sysctlKind, { key });
}

// A key of several lines or of blanks alone is possible: base64. The status of a key that is not there differs between procps and BusyBox.
const preamble = `value() {
  if ! command -v sysctl >/dev/null; then echo missing
  elif sysctl -n "$1" >/dev/null 2>&1; then echo present; sysctl -n "$1" 2>/dev/null | head -c 65536 | base64
  else echo none; fi
  echo .
}`;

export const sysctlKind: QuestionKind<SysctlParams, SysctlAnswer> = {
  kind: 'sysctl',
  reads: ({ key }) => [`sysctl:${key}`, 'package:*'],
  script: (params) => [preamble, ...params.map(({ key }) => `value ${quote(key)}`)].join('\n'),
  split: (output, params) => splitParts(output, params.length),
  parse(part) {
    const [state = '', ...encoded] = linesOf(part);
    if (state === 'missing') return { state: 'no sysctl' };
    if (state === 'none') return { state: 'no key' };
    if (state !== 'present') throw new Error('the host printed something about a kernel parameter that is not understood');
    return { state, value: fromBase64(encoded.join('')).trim() };
  },
};
