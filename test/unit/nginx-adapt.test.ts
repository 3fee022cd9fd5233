import test from 'ava';
import { adaptNginx } from '../../src/modules/support/nginx-adapt.ts';
import { parseNginx } from '../../src/modules/support/nginx-syntax.ts';

const old = { version: '1.18.0', tlsLibrary: 'OpenSSL 1.1.1w', ipv6: true };
const today = { version: '1.28.0', tlsLibrary: 'OpenSSL 3.5.1', ipv6: true };

const unchanged = [
  ['text that is no configuration', 'server { listen 80;'],
  ['a stray brace', 'server { } }'],
  ['an open quote', 'return 200 "open;'],
  ['http2 in a comment and in quotes', '# http2 on;\nserver { return 200 "http2 on;"; listen 443 ssl; }'],
  ['variables with braces', 'map $a $b { ~x} y; }\nserver { set $x "${host}"; rewrite ^ ${scheme}://x; }'],
  ['an empty text', ''],
] as const;
for (const [what, text] of unchanged) test(`nginx › ${what} stays as it is`, (t) => t.is(adaptNginx(text, old), text));

const adapted = [
  [
    'http2 moves to each TLS listener of its own server alone',
    'server { listen 443 ssl; http2 on; }\nserver { listen 443 ssl; }',
    'server { listen 443 ssl http2;  }\nserver { listen 443 ssl; }',
    old,
  ],
  ['http2 is not said twice', 'server { listen 443 ssl http2; http2 on; }', 'server { listen 443 ssl http2;  }', old],
  ['http2 off goes, and nothing takes its place', 'server {\n  listen 443 ssl;\n  http2 off;\n}\n', 'server {\n  listen 443 ssl;\n}\n', old],
  [
    'a comment behind a directive keeps its line',
    'server {\n  http2 on; # fast\n  listen 443 ssl;\n}',
    'server {\n   # fast\n  listen 443 ssl http2;\n}',
    old,
  ],
  ['version 1.25.0 is before 1.25.1', 'server { listen 443 ssl; http2 on; }', 'server { listen 443 ssl http2;  }', { ...today, version: '1.25.0' }],
  ['version 1.25.1 knows http2', 'server { listen 443 ssl; http2 on; }', 'server { listen 443 ssl; http2 on; }', { ...today, version: '1.25.1' }],
  [
    'today nothing is adapted',
    'server { listen [::]:443 ssl; http2 on; ssl_ecdh_curve X25519MLKEM768:X25519; }',
    'server { listen [::]:443 ssl; http2 on; ssl_ecdh_curve X25519MLKEM768:X25519; }',
    today,
  ],
  ['an old library keeps the groups that it knows', 'ssl_ecdh_curve X25519MLKEM768:X25519:prime256v1;', 'ssl_ecdh_curve X25519:prime256v1;', old],
  ['a line with no group left goes', 'a b;\nssl_ecdh_curve X25519MLKEM768;\nc d;\n', 'a b;\nc d;\n', old],
  [
    'another TLS library is not taken for OpenSSL',
    'ssl_ecdh_curve X25519MLKEM768:X25519;',
    'ssl_ecdh_curve X25519;',
    { ...today, tlsLibrary: 'LibreSSL 4.1.0' },
  ],
  [
    'no IPv6, no listener for it',
    'server {\n  listen 80;\n  listen [::]:80 default_server;\n}\n',
    'server {\n  listen 80;\n}\n',
    { ...today, ipv6: false },
  ],
] as const;
for (const [what, text, expected, found] of adapted) test(`nginx › ${what}`, (t) => t.is(adaptNginx(text, found), expected));

test('nginx › directives are found with their words, however they are quoted and nested', (t) => {
  const [http] = parseNginx('http {\n  log_format a "x; {y}" \'z\';\n  server { listen 80; location / { return 200; } }\n}') ?? [];
  t.deepEqual(
    http?.block?.map((each) => [each.name, each.args.map((word) => word.text), each.block?.length]),
    [
      ['log_format', ['a', '"x; {y}"', "'z'"], undefined],
      ['server', [], 2],
    ],
  );
});
