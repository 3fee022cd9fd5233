import { type Directive, parseNginx } from './nginx-syntax.ts';

/** What a configuration is written for. */
export interface NginxFound {
  /** `nginx -v`, such as `1.22.1`. */
  readonly version: string;
  /** The TLS library that it runs with, such as `OpenSSL 3.0.22`. */
  readonly tlsLibrary: string;
  /** The kernel has IPv6. */
  readonly ipv6: boolean;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * A site that is written for today's nginx, in the words that the nginx found understands:
 * - `http2 on;` came with nginx 1.25.1; before, the `listen … ssl` lines of the same server say `http2` instead
 *   (https://nginx.org/en/docs/http/ngx_http_v2_module.html);
 * - of the groups of `ssl_ecdh_curve` the ML-KEM hybrids need OpenSSL 3.5; a library that does not know one refuses the whole line;
 * - `listen [::]…` lines go where the kernel has no IPv6, as nginx would not start with them.
 * Everything else, white space and comments included, stays as it is; so does text that is no sound configuration.
 */
export function adaptNginx(text: string, found: NginxFound): string {
  const parsed = parseNginx(text);
  if (!parsed) return text;
  const edits = parsed.flatMap((directive) => editsOf(text, directive, found));
  return edits.sort((a, b) => b.start - a.start).reduce((result, edit) => result.slice(0, edit.start) + edit.text + result.slice(edit.end), text);
}

function editsOf(text: string, directive: Directive, found: NginxFound): readonly Edit[] {
  const inner = directive.block ?? [];
  const deeper = inner.flatMap((each) => editsOf(text, each, found));
  if (directive.name === 'ssl_ecdh_curve') return curveEdits(text, directive, found);
  if (directive.name === 'server') return [...deeper, ...listenEdits(text, inner, found)];
  return deeper;
}

function listenEdits(text: string, server: readonly Directive[], found: NginxFound): readonly Edit[] {
  const old = isBefore(found.version, [1, 25, 1]);
  const switches = old ? server.filter((each) => each.name === 'http2') : [];
  const http2 = switches.some((each) => each.args[0]?.text === 'on');
  const listens = server.filter((each) => each.name === 'listen');
  const gone = found.ipv6 ? [] : listens.filter((each) => each.args[0]?.text.startsWith('['));
  const spoken = http2 ? listens.filter((each) => !gone.includes(each) && has(each, 'ssl') && !has(each, 'http2')) : [];
  return [
    ...[...switches, ...gone].map((each) => removed(text, each)),
    ...spoken.map((each) => ({ start: each.stop, end: each.stop, text: ' http2' })),
  ];
}

function curveEdits(text: string, directive: Directive, found: NginxFound): readonly Edit[] {
  const word = directive.args[0];
  if (!word || knowsMlKem(found.tlsLibrary)) return [];
  const groups = word.text.split(':').filter((group) => !/mlkem/i.test(group));
  return groups.length === 0 ? [removed(text, directive)] : [{ start: word.start, end: word.end, text: groups.join(':') }];
}

function knowsMlKem(tlsLibrary: string): boolean {
  const [name, version] = tlsLibrary.split(' ');
  return name === 'OpenSSL' && version !== undefined && !isBefore(version, [3, 5, 0]);
}

/** Takes the directive out, with its line when nothing else stands on it. */
function removed(text: string, directive: Directive): Edit {
  const before = /(^|\n)[ \t]*$/.exec(text.slice(0, directive.start));
  const after = /^[ \t]*(\n|$)/.exec(text.slice(directive.end));
  if (!before || !after) return { start: directive.start, end: directive.end, text: '' };
  const lineStart = directive.start - before[0].length + (before[1]?.length ?? 0);
  return { start: lineStart, end: directive.end + after[0].length, text: '' };
}

function has(directive: Directive, word: string): boolean {
  return directive.args.some((each) => each.text === word);
}

function isBefore(version: string, least: readonly number[]): boolean {
  const numbers = version.split('.').map((part) => Number.parseInt(part, 10));
  for (const [index, wanted] of least.entries()) {
    const given = numbers[index] ?? 0;
    if (given !== wanted) return given < wanted;
  }
  return false;
}
