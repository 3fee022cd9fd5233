import test from 'ava';
import { explain } from '../../src/modules/support/explain.ts';
import { explainsItself } from '../../src/values/command.ts';

const failed = (stderr: string, rc = 1, stdout = '') => explain({ rc, stdout, stderr });

/** What programs really printed, and the cause that must be told. */
const cases: readonly (readonly [said: string, means: RegExp, hint: RegExp])[] = [
  ['/bin/sh: 19: eval: mktemp: not found\nno file can be created in /srv', /^the host has no program mktemp$/, /module apt/],
  ['/bin/sh: line 19: mktemp: command not found\nno file can be created in /srv', /^the host has no program mktemp$/, /module apt/],
  ['this host has no /dev/fd', /cannot be handed to its interpreter/, /copy and command/],
  ['File size limit exceeded', /larger than this user may write/, /ulimit -f/],
  ['cat: write error: No space left on device', /disk of the host is full/, /df -h/],
  ["E: You don't have enough free space in /var/cache/apt/archives/.", /disk of the host is full/, /apt-get clean/],
  [
    'E: Release file for http://deb.debian.org/debian/dists/bookworm/InRelease is not valid yet (invalid for another 265d 9h 27min 28s). Updates for this repository will not be applied.',
    /clock of the host is behind/,
    /timedatectl/,
  ],
  [
    'E: Release file for http://x/InRelease is expired (invalid since 894d 23h 55min 59s). Updates for this repository will not be applied.',
    /too old for the clock/,
    /mirror/,
  ],
  ['curl: (60) SSL certificate problem: certificate is not yet valid', /clock of the host is behind/, /date -u/],
  ['curl: (60) SSL certificate problem: certificate has expired', /expired, or the clock/, /renew/],
  ['x509: certificate has expired or is not yet valid: current time 2025-01-01T00:00:00Z is before 2026-01-01T00:00:00Z', /expired|behind/, /clock/],
  ['curl: (60) SSL certificate problem: unable to get local issuer certificate', /not trusted by the host/, /ca-certificates/],
  ["E: Failed to fetch http://deb.debian.org/x/InRelease  Temporary failure resolving 'deb.debian.org'", /cannot resolve names/, /resolv\.conf/],
  ['curl: (6) Could not resolve host: deb.debian.org', /cannot resolve names/, /resolv\.conf/],
  ["wget: unable to resolve host address 'deb.debian.org'", /cannot resolve names/, /resolv\.conf/],
  [
    'Error response from daemon: Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io on 127.0.0.53:53: read udp 127.0.0.1:51966->127.0.0.53:53: read: connection refused',
    /cannot resolve names/,
    /resolv\.conf/,
  ],
  ["wget: bad address 'deb.debian.org'", /cannot resolve names/, /resolv\.conf/],
  ["curl: (7) Failed to connect to 192.0.2.1 port 80 after 0 ms: Couldn't connect to server", /cannot reach a server/, /ip route/],
  ["curl: (7) Failed to connect to 127.0.0.1 port 8008 after 0 ms: Couldn't connect to server", /nothing listens there/, /ss -ltnp/],
  [
    'x509: certificate has expired or is not yet valid: current time 2030-01-01T00:00:00Z is after 2026-01-01T00:00:00Z',
    /expired, or the clock/,
    /renew/,
  ],
  ['E: Could not get lock /var/lib/apt/lists/lock. It is held by process 342 (apt-get)', /another program .*held by process 342/, /lock_timeout/],
  ['E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?', /another program/, /lock_timeout/],
  ["E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem.", /interrupted/, /dpkg --configure -a/],
  ['E: Unable to locate package nosuchpkg', /do not offer this package: .*nosuchpkg/, /update_cache/],
  ["E: Version '99' for 'sl' was not found", /do not offer/, /version/],
  [
    "W: GPG error: http://x InRelease: The following signatures couldn't be verified because the public key is not available: NO_PUBKEY 7EA0A9C3F273FCD8",
    /not signed/,
    /signed_by/,
  ],
  [
    'docker: Error response from daemon: driver failed: Bind for 0.0.0.0:8008 failed: port is already allocated.',
    /port is already in use/,
    /ss -ltnp/,
  ],
  ['Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?', /Docker engine/, /systemctl status docker/],
  ['mkdir: cannot create directory ‘/etc/x’: Permission denied', /may not do that/, /become: true/],
  ['Failed to start nginx.service: Access denied', /may not do that/, /become: true/],
  [
    'systemctl restart docker.service failed: failed to start daemon: error initializing graphdriver: driver not supported',
    /systemd could not do it: .*driver not supported/,
    /journalctl/,
  ],
  ['E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission denied)', /may not do that/, /become: true/],
];

for (const [said, means, hint] of cases) {
  test(`explain › tells the cause of: ${said.slice(0, 70)}`, (t) => {
    const explained = failed(`first line\n${said}\nlast line\n`, 100);
    t.regex(explained?.message ?? '', means);
    t.regex(explained?.hint ?? '', hint);
    t.deepEqual(failed('', 1, said), explained);
  });
}

test('explain › names the program that is missing', (t) => {
  for (const said of ['sh: 1: curl: not found', 'sh: curl: not found', 'sh: line 1: curl: command not found']) {
    t.is(failed(said, 127)?.message, 'the host has no program curl');
  }
});

test('explain › a command of the user that did without a program, and failed later, is not told by that', (t) => {
  const output = { rc: 3, stdout: '', stderr: '/bin/sh: 1: eval: nosuchprog: not found\nthe real reason\n' };
  t.is(explain(output, false), undefined);
  t.is(explain(output, true)?.message, 'the host has no program nosuchprog');
  t.is(explain({ ...output, rc: 127, stderr: 'sh: 1: nosuchprog: not found' }, false)?.message, 'the host has no program nosuchprog');
});

test('explain › says nothing of what it does not know, or what went well', (t) => {
  t.is(failed('something else'), undefined);
  t.is(failed('', 1), undefined);
  t.is(explain({ rc: 0, stdout: '', stderr: 'Permission denied' }), undefined);
  t.regex(failed('', 137)?.hint ?? '', /memory/);
});

test('explain › what a host printed is shown as one short line without control characters', (t) => {
  const message = failed(`\u001b]0;title\u0007 Permission denied ${'x'.repeat(1000)}`)?.message ?? '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there.
  t.notRegex(message, /[\u0000-\u001f]/);
  t.true(message.length < 350);
});

test('a script that knows itself what went wrong is taken at its last word', (t) => {
  t.deepEqual(failed('psycopg2.OperationalError: Name or service not known\nThe one before is back.\n', explainsItself), {
    message: 'The one before is back.',
  });
});

test('explain › a long line of words that begin like a cause takes no time', (t) => {
  const started = performance.now();
  t.is(failed('connect 127.0.0.1 '.repeat(3000), 1), undefined);
  t.true(performance.now() - started < 2000);
});
