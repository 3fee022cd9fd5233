import { linesOf, splitParts } from './parts.ts';
import { type Question, type QuestionKind, question } from './question.ts';

/** The nginx of a host, as far as a configuration file depends on it. */
export interface NginxAnswer {
  readonly installed: boolean;
  /** `1.22.1`; absent when it is not installed or does not say. */
  readonly version?: string;
  /** The TLS library that it runs with: `OpenSSL 3.0.22`. */
  readonly tlsLibrary?: string;
  /**
   * Where `nginx.conf` looks for sites: Debian's `sites-enabled/` (also when nothing is installed yet), nginx.org's `conf.d/`,
   * or neither.
   */
  readonly layout: 'sites' | 'conf.d' | 'neither';
  /** The kernel has IPv6, so that `listen [::]:80` can succeed. */
  readonly ipv6: boolean;
}

/** What is known of nginx on the host, installed or not. Whether it runs is not asked: that is a matter of its unit. */
export function nginx(): Question<NginxAnswer> {
  return question(nginxKind, {});
}

export const nginxKind: QuestionKind<object, NginxAnswer> = {
  kind: 'nginx',
  reads: () => ['package:*', 'file:/etc/nginx/nginx.conf'],
  script: (params) => [preamble, ...params.map(() => 'nginx_facts')].join('\n'),
  split: (output, params) => splitParts(output, params.length),
  parse,
};

const preamble = `nginx_facts() {
  if [ -e /proc/net/if_inet6 ]; then echo ipv6; fi
  if command -v nginx >/dev/null; then
    echo installed
    nginx -V 2>&1 | grep -E '^(nginx version|built with)' | sed 's/^/says /'
    if grep -Eq '^[[:space:]]*include[[:space:]]+[^;]*sites-enabled/\\*' /etc/nginx/nginx.conf 2>/dev/null; then echo layout sites
    elif grep -Eq '^[[:space:]]*include[[:space:]]+[^;]*conf\\.d/\\*\\.conf' /etc/nginx/nginx.conf 2>/dev/null; then echo layout conf.d
    else echo layout neither; fi
  fi
  echo .
}`;

function parse(part: string): NginxAnswer {
  const lines = linesOf(part);
  const says = lines.filter((line) => line.startsWith('says ')).join('\n');
  const version = /^says nginx version: \S*\/([0-9][0-9.]*)/m.exec(says)?.[1];
  const tlsLibrary = (/running with ([A-Za-z]+ [0-9]\S*)/.exec(says) ?? /built with ([A-Za-z]+ [0-9]\S*)/.exec(says))?.[1];
  return {
    installed: lines.includes('installed'),
    ...(version && { version }),
    ...(tlsLibrary && { tlsLibrary }),
    layout: lines.includes('layout neither') ? 'neither' : lines.includes('layout conf.d') ? 'conf.d' : 'sites',
    ipv6: lines.includes('ipv6'),
  };
}
