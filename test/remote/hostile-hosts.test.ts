import test from 'ava';
import { nameOf, runAmong, wellHosts } from './hostile-run.ts';
import { waysOverOpenSsh, ways as waysOverSsh2 } from './hostile-ways.ts';

// Hosts that do harm, all in one run of the real command line with two that are well. `hostile.test.ts` has what a session alone makes of them.

/** Over OpenSSH those that a transport has a part in: what a session makes of the host's words is the same. The soak tries all. */
const ways = [...waysOverSsh2, ...waysOverOpenSsh.filter(({ saysOpenSsh, status }) => saysOpenSsh !== undefined || status === 'ok')];

const seconds = 8;
const mostMegabytes = 300;

/** What a terminal obeys: control characters but tab and newline, as bytes; those of C1 and of writing direction in UTF-8. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const obeyed = /[\u0000-\u0008\u000b-\u001f\u007f]|\xc2[\x80-\x9f]|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]/;

const running = runAmong(ways, seconds);
running.catch(() => undefined);

for (const [index, { name, status, says }] of ways.entries()) {
  test(`a host that ${name}: ${status === 'ok' ? 'does no harm' : 'a clear error for it'}`, async (t) => {
    t.timeout(300_000);
    const { hosts, screen } = await running;
    const host = hosts.get(nameOf(index));
    const statuses = host?.statuses ?? [];
    if (status === 'ok')
      t.deepEqual(
        [...new Set(statuses)].filter((one) => !['ok', 'changed', 'skipped'].includes(one)),
        [],
        host?.text,
      );
    else t.is(statuses.at(-1), status, host?.text);
    t.regex(status === 'ok' ? screen : (host?.text ?? ''), says);
    t.notRegex(host?.text ?? '', /bug in homerun|^ +at .*:\d+:\d+/m);
  });
}

test('the hosts that are well finish, whatever the others do', async (t) => {
  t.timeout(300_000);
  const { hosts, screen } = await running;
  for (const name of wellHosts) {
    const { statuses = [], text = '' } = hosts.get(name) ?? {};
    t.deepEqual([statuses.length, statuses.filter((one) => one === 'unreachable' || one === 'failed')], [9, []], text);
    t.regex(screen, new RegExp(`^${name} : ok=9 .*unreachable=0 failed=0`, 'm'));
  }
});

test('nothing of a host is obeyed, run or written on the machine of the user, and it keeps its memory', async (t) => {
  t.timeout(300_000);
  const { exitCode, screen, rssMegabytes, touched, fetched, succeeded } = await running;
  t.is(exitCode, 2);
  t.notRegex(screen, obeyed);
  t.notRegex(screen, /bug in homerun|^ +at .*:\d+:\d+/m);
  t.deepEqual(touched, []);
  t.deepEqual(succeeded, []);
  const wrong = fetched.filter((path) => !/^project\/fetched\/(well|way)-\d+\/.*\/brought$/.test(path));
  t.deepEqual(wrong, []);
  t.true(fetched.length > wellHosts.length);
  t.log(`${ways.length} ways: ${rssMegabytes.toFixed(0)} MB`);
  t.true(rssMegabytes < mostMegabytes, `${rssMegabytes} MB`);
});

test('the ways are at least 25, each of its own name', (t) => {
  t.true(ways.length >= 25);
  t.is(new Set(ways.map(({ name }) => name)).size, ways.length);
});
