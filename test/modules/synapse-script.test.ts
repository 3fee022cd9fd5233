import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import {
  configureCommand,
  generateCommand,
  type NewConfiguration,
  proveCommand,
  type SynapsePlace,
  tightenCommand,
} from '../../src/modules/support/synapse-script.ts';
import { explainsItself } from '../../src/values/command.ts';
import { run, shells } from '../shell/shells.ts';
import { type FakeDocker, fakeDocker } from './fake-docker.ts';

const before = '# old\nserver_name: example.org\n';
const after = "# new\nserver_name: example.org\na: 'b $(c)'\n";
const broken = '# broken\nserver_name: example.org\n';

interface Tried {
  readonly fake: FakeDocker;
  readonly place: SynapsePlace;
  /** What a file of the data folder holds; undefined when it is not there. */
  readonly read: (name: string) => string | undefined;
  /** Name and mode of each file in the data folder. */
  readonly modes: () => readonly string[];
  /** Whether the folder for what is under way is there. */
  readonly isUnderWay: () => boolean;
  readonly configure: (more?: Partial<NewConfiguration>) => ReturnType<typeof run>;
}

function set(t: ExecutionContext, fake: FakeDocker): Tried {
  const dataFolder = join(fake.folder, 'data');
  // Tests need not be root: the files belong to whoever runs them.
  const place: SynapsePlace = {
    dataFolder,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    container: 'synapse',
    health: { urls: ['http://127.0.0.1/synapse'], timeoutSeconds: 1 },
  };
  writeFileSync(join(fake.folder, 'watched'), join(dataFolder, 'homeserver.yaml'));
  t.false(existsSync(dataFolder));
  return {
    fake,
    place,
    read: (name) => (existsSync(join(dataFolder, name)) ? readFileSync(join(dataFolder, name), 'utf8') : undefined),
    modes: () =>
      readdirSync(dataFolder)
        .sort()
        .map((name) => `${name} ${(statSync(join(dataFolder, name)).mode & 0o7777).toString(8)}`),
    isUnderWay: () => existsSync(`${dataFolder}.homerun`),
    configure: (more = {}) => run(fake.shell, configureCommand(place, { before, text: after, image: 'good:1', imageId: 'sha256:aa', ...more })),
  };
}

/** With a homeserver.yaml that is there, and a container that runs with it. */
function configured(t: ExecutionContext, fake: FakeDocker, image = 'good:1'): Tried {
  const tried = set(t, fake);
  mkdirSync(tried.place.dataFolder);
  writeFileSync(join(tried.place.dataFolder, 'homeserver.yaml'), before, { mode: 0o666 });
  fake.add('synapse', image, true);
  return tried;
}

for (const shell of shells()) {
  const inShell = (title: string, body: (t: ExecutionContext, fake: FakeDocker) => Promise<void>) =>
    test(`${shell.name} › ${title}`, async (t) => {
      const fake = fakeDocker(t, shell);
      await body(t, fake);
      t.is(fake.unknown(), '');
    });

  inShell('the first configuration is generated with tight modes, and nothing of it is overwritten later', async (t, fake) => {
    const { place, read, modes, isUnderWay } = set(t, fake);
    const command = generateCommand(place, { image: 'good:1', serverName: 'example.org', reportStats: false });
    const { rc, stderr } = await run(fake.shell, command);
    t.deepEqual({ rc, stderr }, { rc: 0, stderr: '' });
    t.is(read('homeserver.yaml'), 'server_name: example.org\n');
    t.deepEqual(modes(), ['example.org.log.config 640', 'example.org.signing.key 600', 'homeserver.yaml 640']);
    t.false(isUnderWay());
    writeFileSync(join(place.dataFolder, 'homeserver.yaml'), 'mine\n');
    t.is((await run(fake.shell, command)).rc, 0);
    t.is(read('homeserver.yaml'), 'mine\n');
  });

  inShell('a key that is there already is kept by the generation', async (t, fake) => {
    const { place, read } = set(t, fake);
    mkdirSync(place.dataFolder);
    writeFileSync(join(place.dataFolder, 'example.org.signing.key'), 'old key\n');
    t.is((await run(fake.shell, generateCommand(place, { image: 'good:1', serverName: 'example.org', reportStats: true }))).rc, 0);
    t.is(read('example.org.signing.key'), 'old key\n');
    t.is(read('homeserver.yaml'), 'server_name: example.org\n');
  });

  inShell('a generation that fails leaves nothing', async (t, fake) => {
    const { place, read, isUnderWay } = set(t, fake);
    const { rc, stderr } = await run(fake.shell, generateCommand(place, { image: 'good:1', serverName: 'refused.test', reportStats: false }));
    t.is(rc, 1);
    t.regex(stderr, /no such name\nThe image could not generate a configuration\./);
    t.is(read('homeserver.yaml'), undefined);
    t.false(isUnderWay());
  });

  inShell('a new configuration takes effect, and what was kept meanwhile goes', async (t, fake) => {
    const { read, modes, isUnderWay, configure } = configured(t, fake);
    const { rc, stderr } = await configure();
    t.deepEqual({ rc, stderr }, { rc: 0, stderr: '' });
    t.is(read('homeserver.yaml'), after);
    t.deepEqual(modes(), ['homeserver.yaml 640']);
    t.false(isUnderWay());
    t.regex(readFileSync(join(fake.folder, 'calls'), 'utf8'), /restart -- synapse/);
  });

  inShell('a container that does not run is not started', async (t, fake) => {
    const { read, configure } = set(t, fake);
    mkdirSync(join(fake.folder, 'data'));
    writeFileSync(join(fake.folder, 'data/homeserver.yaml'), before);
    fake.add('synapse', 'good:1', false);
    t.is((await configure()).rc, 0);
    t.is(read('homeserver.yaml'), after);
    t.deepEqual(fake.containers(), ['synapse good:1 false']);
  });

  inShell('a configuration that Synapse does not work with gives way to the one before', async (t, fake) => {
    const { place, read, isUnderWay, configure } = configured(t, fake);
    const log = { path: join(place.dataFolder, 'log.config'), text: 'new log\n' };
    writeFileSync(log.path, 'old log\n');
    const { rc, stderr } = await configure({ text: broken, log });
    t.is(rc, explainsItself);
    t.regex(
      stderr,
      /OtherError: what followed\n.*: http:\/\/127\.0\.0\.1\/synapse did not answer within 1 seconds\. The one before is back, and Synapse works again\.\n$/,
    );
    t.is(read('homeserver.yaml'), before);
    t.is(read('log.config'), 'old log\n');
    t.false(isUnderWay());
  });

  inShell('it is said when the one before does not work either', async (t, fake) => {
    const { read, configure } = configured(t, fake, 'deaf:1');
    const { stderr } = await configure();
    t.regex(stderr, /The one before is back, but Synapse does not work with it either: /);
    t.is(read('homeserver.yaml'), before);
  });

  inShell('a log configuration is written with the same restart', async (t, fake) => {
    const { place, read, configure } = configured(t, fake);
    const text = "it's: '$(id)' \\n\n";
    t.is((await configure({ text: before, log: { path: join(place.dataFolder, 'log.config'), text } })).rc, 0);
    t.is(read('log.config'), text);
    t.is(readFileSync(join(fake.folder, 'calls'), 'utf8').match(/^restart/gm)?.length, 1);
  });

  inShell('nothing is done when the file or the image is another one than was seen', async (t, fake) => {
    const { read, isUnderWay, configure } = configured(t, fake);
    for (const more of [{ before: 'other\n' }, { imageId: 'sha256:bb' }]) {
      const { rc, stdout } = await configure(more);
      t.is(rc, 0);
      t.regex(stdout, /was changed by somebody else meanwhile/);
      t.is(read('homeserver.yaml'), before);
      t.false(isUnderWay());
    }
  });

  inShell('what a cut run has left is proved, or put back', async (t, fake) => {
    const { place, read, isUnderWay } = configured(t, fake);
    const live = join(place.dataFolder, 'homeserver.yaml');
    const leave = (text: string) => {
      mkdirSync(`${place.dataFolder}.homerun`, { mode: 0o700 });
      writeFileSync(join(`${place.dataFolder}.homerun`, 'homeserver.yaml'), before);
      writeFileSync(live, text);
    };
    leave(after);
    t.is((await run(fake.shell, proveCommand(place, undefined))).rc, 0);
    t.is(read('homeserver.yaml'), after);
    t.false(isUnderWay());
    leave(broken);
    t.is((await run(fake.shell, proveCommand(place, undefined))).rc, explainsItself);
    t.is(read('homeserver.yaml'), before);
    t.false(isUnderWay());
  });

  inShell('the last configuration that is known to work is kept through a cut run', async (t, fake) => {
    const { place, read, configure } = configured(t, fake);
    mkdirSync(`${place.dataFolder}.homerun`, { mode: 0o700 });
    writeFileSync(join(`${place.dataFolder}.homerun`, 'homeserver.yaml'), '# known to work\n');
    t.is((await configure({ text: broken })).rc, explainsItself);
    t.is(read('homeserver.yaml'), '# known to work\n');
  });

  inShell('a configuration that did not arrive whole is not put in place', async (t, fake) => {
    const { place, read, isUnderWay } = configured(t, fake);
    const command = configureCommand(place, { before, text: after, image: 'good:1', imageId: 'sha256:aa' });
    const { rc, stderr } = await run(fake.shell, { ...command, stdin: `${'0'.repeat(64)}\nhalf` });
    t.is(rc, 1);
    t.regex(stderr, /did not arrive whole/);
    t.is(read('homeserver.yaml'), before);
    t.false(isUnderWay());
  });

  inShell('owner and mode of a file are set, but not through a link', async (t, fake) => {
    const { place, modes } = configured(t, fake);
    t.is((await run(fake.shell, tightenCommand(place, join(place.dataFolder, 'homeserver.yaml'), '0600'))).rc, 0);
    t.deepEqual(modes(), ['homeserver.yaml 600']);
    const [victim, path] = [join(fake.folder, 'victim'), join(place.dataFolder, 'homeserver.yaml')];
    writeFileSync(victim, '', { mode: 0o644 });
    // As Synapse could do it when it has been taken over.
    writeFileSync(join(fake.folder, 'bin/chown'), `#!/bin/sh\nPATH='${shell.path}' chown "$@" && ln -sf '${victim}' '${path}'\n`, { mode: 0o755 });
    t.is((await run(fake.shell, tightenCommand({ ...place, uid: 65534, gid: 65534 }, path, '0600'))).rc, 0);
    t.true(lstatSync(path).isSymbolicLink());
    t.like(await run(fake.shell, tightenCommand(place, path, '0600')), {
      rc: 1,
      stderr: 'homeserver.yaml is no regular file, and a link is not followed in a folder of another user\n',
    });
    symlinkSync(fake.folder, join(place.dataFolder, 'sub'));
    mkdirSync(join(place.dataFolder, 'real'));
    writeFileSync(join(place.dataFolder, 'real/key'), '', { mode: 0o644 });
    t.like(await run(fake.shell, tightenCommand(place, join(place.dataFolder, 'sub/victim'), '0600')), {
      rc: 1,
      stderr: `${place.dataFolder}/sub is no folder, or a link, which is not followed in a folder of another user\n`,
    });
    t.is(statSync(victim).mode & 0o7777, 0o644);
    t.like(await run(fake.shell, tightenCommand(place, join(place.dataFolder, 'real/key'), '0600')), { rc: 0, stderr: '' });
    t.is(statSync(join(place.dataFolder, 'real/key')).mode & 0o7777, 0o600);
    t.deepEqual(readdirSync(place.dataFolder).sort(), ['homeserver.yaml', 'real', 'sub']);
    t.deepEqual(readdirSync(join(place.dataFolder, 'real')), ['key']);
  });

  inShell('a log configuration that is a link to another file of the host is not kept, and not brought into the data folder', async (t, fake) => {
    const { place, read, configure, isUnderWay } = configured(t, fake);
    const [secret, log] = [join(fake.folder, 'secret'), join(place.dataFolder, 'log.config')];
    writeFileSync(secret, 'of root', { mode: 0o600 });
    symlinkSync(secret, log);
    const { rc, stderr } = await configure({ text: broken, log: { path: log, text: 'new' } });
    t.is(rc, 1);
    t.regex(stderr, /^log\.config is no regular file, .*\nThe old log configuration could not be kept in /);
    t.is(read('homeserver.yaml'), before);
    t.true(lstatSync(log).isSymbolicLink());
    t.deepEqual(readdirSync(place.dataFolder).sort(), ['homeserver.yaml', 'log.config']);
    t.false(isUnderWay());
  });
}
