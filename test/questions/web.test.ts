import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { certbot, certbotKind } from '../../src/questions/certbot.ts';
import { certificate } from '../../src/questions/certificate.ts';
import { nginx, nginxKind } from '../../src/questions/nginx.ts';
import { webRelease } from '../../src/questions/web-release.ts';
import { shells } from '../shell/shells.ts';
import { askAll } from './law.ts';

const root = mkdtempSync(join(tmpdir(), 'homerun-web-questions-'));
test.after.always(() => rmSync(root, { recursive: true, force: true }));

const [pem, key] = [join(root, 'c $(id).pem'), join(root, "k'.pem")];
const names = 'subjectAltName=DNS:b.test,DNS:A.test';
spawnSync('openssl', [
  'req',
  '-x509',
  '-newkey',
  'ec',
  '-pkeyopt',
  'ec_paramgen_curve:prime256v1',
  '-nodes',
  '-days',
  '10',
  '-subj',
  '/CN=a.test',
  '-addext',
  names,
  '-keyout',
  key,
  '-out',
  pem,
]);
writeFileSync(join(root, 'text'), 'no certificate\n.\n');

for (const shell of shells()) {
  test(`certificate › ${shell.name}: answers for what is there, what is not, and what is no certificate`, async (t) => {
    const answers = await askAll(t, shell, [
      certificate({ certificate: pem, key }),
      certificate({ certificate: join(root, 'none'), key }),
      certificate({ certificate: join(root, 'text'), key }),
      certificate({ certificate: pem, key: join(root, 'none') }),
    ]);
    if (shell.name === 'busybox') {
      t.deepEqual(
        answers.map((answer) => answer.state),
        ['no openssl', 'absent', 'no openssl', 'no openssl'],
      );
      return;
    }
    const [whole, absent, unreadable, keyless] = answers;
    t.like(whole, { state: 'present', names: ['a.test', 'b.test'], subject: 'CN=a.test', issuer: 'CN=a.test', remainingDays: 9, keyMode: '0600' });
    t.is(whole?.state === 'present' && whole.keyPublicKey, whole?.state === 'present' && whole.publicKey);
    t.deepEqual([absent, unreadable], [{ state: 'absent' }, { state: 'unreadable' }]);
    t.is(keyless?.state === 'present' ? keyless.keyPublicKey : '', undefined);
  });

  test(`web_release › ${shell.name}: answers for a folder that is not there, one that is empty, and faults of every kind`, async (t) => {
    const folder = join(root, shell.name, "app $(id) 's");
    mkdirSync(join(folder, 'releases', 'v1', 'assets'), { recursive: true });
    const files = { 'index.html': 'page', 'assets/a b.js': 'script', 'config.json': '{}\n.\n' };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'releases/v1', name), text);
    spawnSync('sh', ['-c', 'cd "$1/releases/v1" && find . -type f -exec sha256sum {} + >../v1.sha256', 'sh', folder]);
    writeFileSync(join(folder, 'releases/v1/index.html'), 'defaced');
    writeFileSync(join(folder, 'releases/v1/extra\n.\n'), '');
    rmSync(join(folder, 'releases/v1/assets/a b.js'));
    symlinkSync('releases/v1', join(folder, 'current'));
    const [full, otherRelease, none] = await askAll(t, shell, [
      webRelease({ folder, release: 'v1', configFile: 'config.json' }),
      webRelease({ folder, release: 'v2', configFile: 'config.json' }),
      webRelease({ folder: join(root, 'none'), release: 'v1', configFile: 'config.json' }),
    ]);
    t.like(full, { current: 'v1', releases: ['v1'], isUnpacked: true, config: '{}\n.\n', isUnfinished: false });
    const kinds = full?.faults.filter((fault) => fault.kind !== 'mode').map((fault) => fault.kind);
    t.deepEqual([...new Set(kinds)].sort(), ['changed', 'extra', 'missing']);
    t.like(otherRelease, { current: 'v1', isUnpacked: false, faults: [] });
    t.deepEqual(none, { releases: [], isUnpacked: false, faults: [], isUnfinished: false });
  });

  test(`nginx and certbot › ${shell.name}: answer whether or not they are installed`, async (t) => {
    const [answer] = await askAll(t, shell, [nginx(), nginx()]);
    t.is(typeof answer?.installed, 'boolean');
    const [known] = await askAll(t, shell, [certbot('none.test'), certbot('other.test')]);
    t.is(known?.renewal, undefined);
  });
}

test('nginx › the version and the library that it runs with are read from what it prints', (t) => {
  const said = [
    'ipv6',
    'installed',
    'says nginx version: nginx/1.26.3 (Ubuntu)',
    'says built with OpenSSL 3.4.0 22 Oct 2024 (running with OpenSSL 3.5.1 1 Jul 2025)',
    'layout conf.d',
    '.',
    '',
  ].join('\n');
  t.deepEqual(nginxKind.parse(said, {}), { installed: true, version: '1.26.3', tlsLibrary: 'OpenSSL 3.5.1', layout: 'conf.d', ipv6: true });
});

test('certbot › the way of renewal is read from its file, with and without quotes', (t) => {
  const said = [
    'installed',
    'renewal',
    'authenticator = webroot',
    'webroot_path = /var/www/acme,',
    'renew_hook = "echo a, b"',
    'server = https://acme.test/dir',
    '.',
    '',
  ].join('\n');
  t.deepEqual(certbotKind.parse(said, { name: 'a' }), {
    installed: true,
    renewal: { server: 'https://acme.test/dir', authenticator: 'webroot', webroot: '/var/www/acme', deployHook: 'echo a, b' },
  });
});

test('certbot › a name that could lead to another file is refused', (t) => {
  t.throws(() => certbot('../x'), { instanceOf: TypeError });
});
