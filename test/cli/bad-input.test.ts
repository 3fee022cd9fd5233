import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { parse } from 'yaml';
import { z } from 'zod';
import { main } from '../../src/cli/program.ts';
import { fakeIo } from './fake-io.ts';
import { project } from './project.ts';

// What a newcomer sees for each kind of mistake, from the command line down: the cases stand as data in bad-input.yaml.

const caseSchema = z.strictObject({
  name: z.string(),
  /** Files that differ from those of a project that works; null: it is not there. */
  files: z.record(z.string(), z.string().nullable()).default({}),
  /** Further words of the command line. */
  line: z.string().default(''),
  says: z.string(),
});

const cases = z.array(caseSchema).parse(parse(readFileSync(join(import.meta.dirname, '../../../test/cli/bad-input.yaml'), 'utf8')));

/** A "host" that only counts who knocks. */
let host: Server;
let knocks = 0;
let port = 0;

test.before(async () => {
  host = createServer((socket) => {
    knocks += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  const address = host.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  port = address.port;
});
test.after.always(() => host.close());

/** A project that works. Port 9 stands for the one of our host, here and in the cases. */
const working = {
  'inventory/hosts.yaml':
    'web:\n  hosts:\n    web1:\n      ssh_host: 127.0.0.1\n      ssh_port: 9\n      ssh_user: root\n      ssh_password: something\n',
  'playbooks/site.yaml': '- hosts: web\n  tasks:\n    - debug: {msg: hello}\n',
};

async function homerun(files: { readonly [path: string]: string | null }, line: string) {
  const all = Object.entries({ ...working, ...files }).flatMap(([path, text]) =>
    text === null ? [] : [[path, text.replace('ssh_port: 9\n', `ssh_port: ${port}\n`)] as const],
  );
  const io = fakeIo({ workingFolder: project(Object.fromEntries(all)), environment: { HOME: '/nowhere' } });
  const exit = await main(`run playbooks/site.yaml ${line}`.trim().split(/ +/), io);
  return { exit, ...io.printed() };
}

for (const { name, files, line, says } of cases) {
  test.serial(`told with what to do, and no host contacted: ${name}`, async (t) => {
    const before = knocks;
    t.deepEqual(await homerun(files, line), { exit: 1, output: '', errors: says });
    t.is(knocks, before);
  });
}

test('a playbook that is no UTF-8 is told so, and not that it is empty', async (t) => {
  const workingFolder = project(working);
  writeFileSync(join(workingFolder, 'playbooks/site.yaml'), Uint8Array.of(0x2d, 0xff, 0xfe));
  const io = fakeIo({ workingFolder });
  t.is(await main(['run', 'playbooks/site.yaml'], io), 1);
  t.is(io.printed().errors, 'error: playbooks/site.yaml is not UTF-8 text\n  Save it as UTF-8 in the editor.\n');
});

test.serial('the project of these cases is right: it does contact the host', async (t) => {
  const before = knocks;
  const { exit, output } = await homerun({}, '');
  t.is(exit, 4);
  t.regex(output, /unreachable: \[web1\]/);
  t.true(knocks > before);
});
