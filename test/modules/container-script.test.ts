import test, { type ExecutionContext } from 'ava';
import { containerParams } from '../../src/modules/support/container-params.ts';
import { finishCommand, recreateCommand, restoreCommand, type Seen, startCommand, tidyCommand } from '../../src/modules/support/container-script.ts';
import { explainsItself } from '../../src/values/command.ts';
import { run, shells } from '../shell/shells.ts';
import { type FakeDocker, fakeDocker } from './fake-docker.ts';

/** A name for each test: the lock of a container is the host's. */
let count = 0;

function paramsOf(image: string, more: object = {}) {
  const name = `homerun-test-${process.pid}-${(count += 1)}`;
  return containerParams.parse({ name, image, wait_healthy: { url: `http://127.0.0.1/${name}`, timeout: 1 }, ...more });
}

type Params = ReturnType<typeof paramsOf>;

/** The containers, `NAME` for the name of the one that the test is about. */
function left(fake: FakeDocker, { name }: Params): readonly string[] {
  return fake.containers().map((line) => line.replace(name, 'NAME'));
}

const seenOf = ({ name }: Params, current?: string, previous?: string): Seen => ({
  current: current && `id-of-${name}-${current}`,
  previous: previous && `id-of-${name}.homerun-previous-${previous}`,
});

for (const shell of shells()) {
  const inShell = (title: string, body: (t: ExecutionContext, fake: FakeDocker) => Promise<void>) =>
    test(`${shell.name} › ${title}`, async (t) => {
      const fake = fakeDocker(t, shell);
      await body(t, fake);
      t.is(fake.unknown(), '');
    });

  inShell('a container is created, started and waited for', async (t, fake) => {
    const params = paramsOf('good:1', { env: { A: 'b \'c" $d', E: '' } });
    const { rc, stderr } = await run(fake.shell, recreateCommand(params, seenOf(params), false));
    t.deepEqual({ rc, stderr }, { rc: 0, stderr: '' });
    t.deepEqual(left(fake, params), ['NAME good:1 true']);
    t.is(fake.environment(), 'A=b \'c" $d\nE=\n');
  });

  inShell('a container that differs gives way to its successor', async (t, fake) => {
    const params = paramsOf('good:1');
    fake.add(params.name, 'deaf:1', true);
    t.is((await run(fake.shell, recreateCommand(params, seenOf(params, 'deaf:1'), true))).rc, 0);
    t.deepEqual(left(fake, params), ['NAME good:1 true']);
  });

  for (const [image, why] of [
    ['crash:1', 'it crashed and was restarted (SomeError: the reason; OtherError: what followed)'],
    ['stuck:1', 'it could not be started: Bind for 127.0.0.1:22 failed: address already in use (ss -ltnp on the host shows by what).'],
    ['deaf:1', 'did not answer within 1 seconds'],
  ] as const) {
    inShell(`the old container comes back, running, when the new one does not work (${image})`, async (t, fake) => {
      const params = paramsOf(image);
      fake.add(params.name, 'good:1', true);
      const { rc, stderr } = await run(fake.shell, recreateCommand(params, seenOf(params, 'good:1'), true));
      t.is(rc, explainsItself);
      t.true(stderr.includes(why), stderr);
      t.regex(stderr, /first line\n[^]*The one before it is back\.\n$/);
      t.deepEqual(left(fake, params), ['NAME good:1 true']);
    });
  }

  inShell('an old container that was stopped comes back stopped', async (t, fake) => {
    const params = paramsOf('deaf:1');
    fake.add(params.name, 'good:1', false);
    const { rc, stderr } = await run(fake.shell, recreateCommand(params, seenOf(params, 'good:1'), true));
    t.is(rc, explainsItself);
    t.regex(stderr, /The one before it is back, stopped as it was\.\n$/);
    t.deepEqual(left(fake, params), ['NAME good:1 false']);
  });

  inShell('a first container that does not work is not left behind', async (t, fake) => {
    const params = paramsOf('deaf:1');
    const { rc, stderr } = await run(fake.shell, recreateCommand(params, seenOf(params), false));
    t.is(rc, explainsItself);
    t.regex(stderr, /It was removed, as there was none before it\.\n$/);
    t.deepEqual(left(fake, params), []);
  });

  for (const [title, more] of [
    ['what Docker refuses', { image: 'good:1', volumes: ['bad:/x'] }],
    ['an image that is not there', { image: 'missing:1' }],
    ['a network that is not there', { image: 'good:1', networks: ['nonet'] }],
  ] as const) {
    inShell(`the old container never stops for ${title}`, async (t, fake) => {
      const params = paramsOf('good:1', more);
      fake.add(params.name, 'good:1', true);
      t.not((await run(fake.shell, recreateCommand(params, seenOf(params, 'good:1'), true))).rc, 0);
      t.deepEqual(left(fake, params), ['NAME good:1 true']);
    });
  }

  inShell('nothing is done to a container that is another one than was seen', async (t, fake) => {
    const params = paramsOf('good:1');
    fake.add(params.name, 'deaf:1', true);
    const { rc, stdout } = await run(fake.shell, recreateCommand(params, seenOf(params, 'crash:1'), true));
    t.is(rc, 0);
    t.regex(stdout, /changed by somebody else meanwhile/);
    t.deepEqual(left(fake, params), ['NAME deaf:1 true']);
  });

  inShell('what a cut recreation left is put back, finished or cleared away', async (t, fake) => {
    const params = paramsOf('good:1');
    fake.add(`${params.name}.homerun-previous`, 'good:1', false);
    fake.add(`${params.name}.homerun-next`, 'good:1', false);
    t.is((await run(fake.shell, restoreCommand(params, seenOf(params, undefined, 'good:1')))).rc, 0);
    t.deepEqual(left(fake, params), ['NAME good:1 true']);
    fake.add(`${params.name}.homerun-previous`, 'deaf:1', false);
    const { rc, stderr } = await run(
      fake.shell,
      finishCommand(params, { current: `id-of-${params.name}.homerun-previous-good:1`, previous: `id-of-${params.name}.homerun-previous-deaf:1` }),
    );
    t.deepEqual({ rc, stderr }, { rc: 0, stderr: '' });
    t.deepEqual(left(fake, params), ['NAME good:1 true']);
    fake.add(`${params.name}.homerun-next`, 'good:1', false);
    t.is((await run(fake.shell, tidyCommand(params, { current: `id-of-${params.name}.homerun-previous-good:1` }))).rc, 0);
    t.deepEqual(left(fake, params), ['NAME good:1 true']);
  });

  inShell('a successor that does not work when its cut recreation is finished gives way to the old one', async (t, fake) => {
    const params = paramsOf('deaf:1');
    fake.add(params.name, 'deaf:1', false);
    fake.add(`${params.name}.homerun-previous`, 'good:1', false);
    t.is((await run(fake.shell, finishCommand(params, seenOf(params, 'deaf:1', 'good:1')))).rc, explainsItself);
    t.deepEqual(left(fake, params), ['NAME good:1 true']);
  });

  inShell('starting says why a container does not work', async (t, fake) => {
    const params = paramsOf('crash:1');
    fake.add(params.name, 'crash:1', false);
    const { rc, stderr } = await run(fake.shell, startCommand(params, 'start'));
    t.is(rc, explainsItself);
    t.regex(stderr, /does not work: it crashed and was restarted \(SomeError: the reason; OtherError: what followed\)\.\n$/);
  });

  inShell('two recreations of one container at once are done one after the other', async (t, fake) => {
    const params = paramsOf('good:1');
    fake.add(params.name, 'deaf:1', true);
    const command = recreateCommand(params, seenOf(params, 'deaf:1'), true);
    const both = await Promise.all([run(fake.shell, command), run(fake.shell, command)]);
    t.deepEqual(
      both.map(({ rc }) => rc),
      [0, 0],
    );
    t.is(both.filter(({ stdout }) => stdout.includes('changed by somebody else')).length, 1);
    t.deepEqual(left(fake, params), ['NAME good:1 true']);
  });
}
