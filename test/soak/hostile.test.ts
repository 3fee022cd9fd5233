import test from 'ava';
import { nameOf, runAmong, wellHosts } from '../remote/hostile-run.ts';
import { ways, waysOverOpenSsh } from '../remote/hostile-ways.ts';

// Each way of doing harm in a run of its own, so that what one costs is not hidden by the others.

const exitCodes = { ok: 0, failed: 2, unreachable: 4 } as const;

test('each hostile host alone with two that are well: they finish, and the memory stays below 300 MB', async (t) => {
  t.timeout(20 * 60_000);
  let most = 0;
  const waiting = [...ways];
  const work = async (): Promise<void> => {
    for (let way = waiting.shift(); way; way = waiting.shift()) {
      const { exitCode, screen, hosts, rssMegabytes, touched, succeeded } = await runAmong([way], 8);
      t.is(exitCode, exitCodes[way.status], `${way.name}: ${screen}`);
      for (const name of wellHosts) t.deepEqual([...new Set(hosts.get(name)?.statuses)].sort(), ['changed', 'ok'], way.name);
      t.deepEqual([...touched, ...succeeded], [], way.name);
      t.true(rssMegabytes < 300, `${way.name}: ${rssMegabytes} MB`);
      most = Math.max(most, rssMegabytes);
      console.log(`${way.name}: ${rssMegabytes.toFixed(0)} MB; ${waiting.length} ways wait`);
    }
  };
  await Promise.all([work(), work(), work()]);
  t.log(`${ways.length} ways, each alone: at most ${most.toFixed(0)} MB`);
});

test('all hostile hosts at once, each over OpenSSH: a clear error for each, and those that are well finish', async (t) => {
  t.timeout(5 * 60_000);
  const { exitCode, hosts, rssMegabytes, touched, succeeded } = await runAmong(waysOverOpenSsh, 8);
  t.is(exitCode, 2);
  for (const [index, { name, status, says }] of waysOverOpenSsh.entries()) {
    const { statuses = [], text = '' } = hosts.get(nameOf(index)) ?? {};
    if (status === 'ok') t.false(statuses.includes('unreachable') || statuses.includes('failed'), `${name}: ${text}`);
    else t.is(statuses.at(-1), status, `${name}: ${text}`);
    if (status !== 'ok') t.regex(text, says, name);
  }
  for (const name of wellHosts) t.deepEqual([...new Set(hosts.get(name)?.statuses)].sort(), ['changed', 'ok'], name);
  t.deepEqual([...touched, ...succeeded], []);
  t.true(rssMegabytes < 300, `${rssMegabytes} MB`);
});
