import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Interrupted } from '../../src/cli/io.ts';
import { main } from '../../src/cli/program.ts';
import { keygen, publicKey, type Sshd, startSshd, whyNoSshd } from '../remote/sshd.ts';
import { fakeIo } from './fake-io.ts';
import { project } from './project.ts';

async function homerun(line: readonly string[], settings: Parameters<typeof fakeIo>[0] = {}) {
  const io = fakeIo({ workingFolder: project({}), ...settings });
  const exit = await main(line, io, () => Promise.reject(new Error('no engine')));
  return { exit, ...io.printed() };
}

const why = whyNoSshd();
const withSshd = why === undefined ? test.serial : test.serial.skip;
let sshd: Sshd;
test.before(async (t) => {
  if (why === undefined) {
    sshd = await startSshd({ extra: ['MaxStartups 100'] });
    keygen(join(sshd.folder, 'other_rsa'), 'rsa');
  }
  if (why !== undefined) t.log(`without a real sshd: ${why}`);
});
test.after.always(() => why === undefined && sshd.stop());

/** A project whose one host is the real sshd, with a known_hosts file of its own. */
function trusting(known = '', more: Readonly<Record<string, string>> = {}) {
  const folder = project({});
  const file = join(folder, 'known_hosts');
  const variables = Object.entries(more)
    .map(([name, value]) => `, ${name}: ${JSON.stringify(value)}`)
    .join('');
  const text = `all: {hosts: {h: {ssh_host: 127.0.0.1, ssh_port: ${sshd.port}, ssh_config: none, ssh_user: root, ssh_identity_file: ${join(sshd.folder, 'id')}, ssh_known_hosts_file: ${file}${variables}}}}`;
  writeFileSync(join(folder, 'hosts.yaml'), text);
  if (known !== '') writeFileSync(file, known);
  const line = async ([command = '', ...words]: readonly string[], settings: Parameters<typeof fakeIo>[0] = {}) =>
    homerun([command, '-i', join(folder, 'hosts.yaml'), ...words], settings);
  const fingerprint = sshd.inside(`ssh-keygen -lf ${join(sshd.folder, 'host_ed25519.pub')}`).split(' ')[1] ?? '';
  return { file, line, fingerprint };
}

withSshd('trust records a key once the user has typed yes or its fingerprint, and then the host can be reached', async (t) => {
  for (const answer of ['yes', 'fingerprint'] as const) {
    const { file, line, fingerprint } = trusting();
    const { exit, output } = await line(['trust'], { answers: [answer === 'yes' ? 'yes' : fingerprint] });
    t.is(exit, 0);
    t.is(output, `unknown: [h] 127.0.0.1 port ${sshd.port}\n  ssh-ed25519 ${fingerprint}\n  recorded in ${file}\n`);
    t.is(statSync(file).mode & 0o777, 0o600);
    t.is((await line(['trust'])).output, `ok: [h] ssh-ed25519 ${fingerprint} (${file}:1)\n`);
  }
});

/** What may be answered, and whether the key is then recorded; `right` stands for the fingerprint of the host. */
const answers: readonly (readonly [answer: string | Error, isRecorded: boolean])[] = [
  ['', false],
  [' ', false],
  ['y', false],
  ['Y', false],
  ['Yes', false],
  ['YES', false],
  ['no', false],
  [`SHA256:${'A'.repeat(43)}`, false],
  [new Interrupted(), false],
  [Object.assign(new Interrupted(), { message: 'end of input' }), false],
  ['yes', true],
  ['right', true],
];

for (const [answer, isRecorded] of answers) {
  withSshd(
    `the answer ${answer instanceof Error ? answer.message : JSON.stringify(answer)} ${isRecorded ? 'records' : 'does not record'} a key`,
    async (t) => {
      const { file, line, fingerprint } = trusting('# mine\n');
      const { exit, output } = await line(['trust'], { answers: [answer === 'right' ? fingerprint : answer] });
      t.is(exit, isRecorded ? 0 : answer instanceof Error ? 130 : 2);
      if (!(answer instanceof Error)) t.regex(output, isRecorded ? /\n {2}recorded in / : /\n {2}not recorded\n$/);
      t.is(readFileSync(file, 'utf8').split('\n').length, isRecorded ? 3 : 2);
    },
  );
}

withSshd('trust without a terminal records only the key whose fingerprint is given', async (t) => {
  const { file, line, fingerprint } = trusting('# mine');
  const refused = await line(['trust']);
  t.is(refused.exit, 2);
  t.is(
    refused.errors,
    'failed: [h]\n  there is no terminal to ask on\n  If this is the right key, record it with: homerun trust --fingerprint SHA256:…\n',
  );
  t.is((await line(['trust', '--fingerprint', `SHA256:${'A'.repeat(43)}`])).exit, 2);
  t.is(readFileSync(file, 'utf8'), '# mine');
  t.is((await line(['trust', '--fingerprint', fingerprint])).exit, 0);
  t.regex(readFileSync(file, 'utf8'), /^# mine\n\[127\.0\.0\.1\]:\d+ ssh-ed25519 \S+\n$/);
});

withSshd('trust never records a changed key, even if the user says yes', async (t) => {
  const other = readFileSync(join(sshd.folder, 'other.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
  const known = `[127.0.0.1]:${sshd.port} ${other}\n`;
  const { file, line, fingerprint } = trusting(known);
  for (const settings of [{ answers: ['yes'] }, {}]) {
    const { exit, errors } = await line(['trust', ...('answers' in settings ? [] : ['--fingerprint', fingerprint])], settings);
    t.is(exit, 2);
    t.regex(errors, /^refused: \[h\]\n {2}the host key of 127\.0\.0\.1 port \d+ has changed/);
    t.is(readFileSync(file, 'utf8'), known);
  }
});

const certificates = /certificates of hosts take ssh_transport: openssh, so that @cert-authority \(.*known_hosts:1\) does not help/;

/** What may be on record of a host: the lines, what a run says then (nothing: it goes on), and what trust does when the user says yes. */
const states: Readonly<
  Record<string, { readonly lines: (name: string) => string; readonly run?: RegExp; readonly trust: 'ok' | 'records' | 'refuses' }>
> = {
  nothing: { lines: () => '', run: /is not known/, trust: 'records' },
  'its key': { lines: (name) => `${name} ${server('ed25519')}\n`, trust: 'ok' },
  'a key of another type': { lines: (name) => `${name} ${publicKey(join(sshd.folder, 'other_rsa.pub'))}\n`, run: /has changed/, trust: 'refuses' },
  'another key of its type': { lines: (name) => `${name} ${publicKey(join(sshd.folder, 'other.pub'))}\n`, run: /has changed/, trust: 'refuses' },
  'its key as revoked': { lines: (name) => `@revoked ${name} ${server('ed25519')}\n`, run: /is revoked/, trust: 'refuses' },
  'an authority alone': { lines: (name) => `@cert-authority ${name} ${server('rsa')}\n`, run: certificates, trust: 'records' },
};

function server(type: string): string {
  return publicKey(join(sshd.folder, `host_${type}.pub`));
}

/** What would loosen the check elsewhere. */
const looser: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'new keys be accepted': { ssh_strict_host_key_checking: 'accept-new' },
  'any key be accepted': { ansible_ssh_common_args: '-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null' },
};

for (const [what, { lines, run, trust }] of Object.entries(states)) {
  for (const [names, alias] of [
    ['with the name alone, as of port 22', 'web1.example.com'],
    ['with the port', undefined],
  ] as const) {
    const prepare = (more: Readonly<Record<string, string>> = {}) => {
      const name = alias ?? `[127.0.0.1]:${sshd.port}`;
      const known = lines(name);
      return { name, known, ...trusting(known, { ...(alias !== undefined && { ssh_host_key_alias: alias }), ...more }) };
    };
    const content = (file: string): string => readFileSync(file, { encoding: 'utf8', flag: 'a+' });

    withSshd(`with ${what} on record, ${names}, a run ${run ? 'refuses the host' : 'goes on'}`, async (t) => {
      const { file, line, known } = prepare();
      // What Ansible heeds has no effect.
      const { exit, errors } = await line(['exec', 'h', '--', 'true'], { environment: { ANSIBLE_HOST_KEY_CHECKING: 'False' } });
      t.is(exit, run ? 4 : 0);
      t.regex(errors, run ?? /^$/);
      t.is(content(file), known);
    });

    withSshd(`with ${what} on record, ${names}, trust ${trust === 'ok' ? 'says so' : `${trust} the key that the user says yes to`}`, async (t) => {
      const { file, line, known, name } = prepare();
      const { exit, output } = await line(['trust'], { answers: ['yes'] });
      t.is(exit, trust === 'refuses' ? 2 : 0);
      t.is(output.startsWith('ok:'), trust === 'ok');
      t.is(content(file), trust === 'records' ? `${known}${name} ${server('ed25519')}\n` : known);
    });

    for (const [wish, variables] of Object.entries(looser)) {
      withSshd(`with ${what} on record, ${names}, that ${wish} cannot be wished for`, async (t) => {
        const { file, line, known } = prepare(variables);
        const { exit, errors } = await line(['exec', 'h', '--', 'true'], { answers: ['yes'] });
        t.is(exit, 1);
        t.regex(errors, /Host keys are always checked|Options of ssh are not taken/);
        t.is(content(file), known);
      });
    }
  }
}

withSshd('a host is pinned by the fingerprint in the inventory, and trust has nothing to ask', async (t) => {
  const { fingerprint } = trusting();
  const pinned = trusting('', { host_key: fingerprint });
  t.is((await pinned.line(['exec', 'h', '--', 'true'])).exit, 0);
  t.deepEqual(await pinned.line(['trust']), { exit: 0, output: `ok: [h] ssh-ed25519 ${fingerprint} (the inventory)\n`, errors: '' });
  const other = `SHA256:${'A'.repeat(43)}`;
  const wrong = trusting(`[127.0.0.1]:${sshd.port} ${server('ed25519')}\n`, { ssh_host_key: other });
  const both = new RegExp(
    `it shows ssh-ed25519 ${fingerprint.replaceAll('+', '\\+')}, the inventory has ${other}; known_hosts has the key that it shows`,
  );
  t.regex((await wrong.line(['exec', 'h', '--', 'true'])).errors, both);
  const trusted = await wrong.line(['trust'], { answers: ['yes'] });
  t.is(trusted.exit, 2);
  t.regex(trusted.errors, both);
});

withSshd('a host of which the inventory says nothing is trusted and reached by the ssh configuration alone, by either transport', async (t) => {
  const { file, fingerprint } = trusting();
  const folder = join(file, '..');
  const config = join(folder, 'ssh_config');
  const words = ['HostName 127.0.0.1', `Port ${sshd.port}`, 'User root', `IdentityFile ${join(sshd.folder, 'id')}`, `UserKnownHostsFile ${file}`];
  const all = `Host alias\n  ${words.join('\n  ')}\nHost gate\n  HostKeyAlias the-gate\n  ${words.join('\n  ')}\n`;
  writeFileSync(config, `${all}Host behind\n  ProxyJump gate\n  ${words.join('\n  ')}\n`);
  for (const sshTransport of ['ssh2', 'openssh']) {
    writeFileSync(file, '');
    const hosts = join(folder, `${sshTransport}.yaml`);
    writeFileSync(hosts, `all: {vars: {ssh_transport: ${sshTransport}}, hosts: {alias: {}, behind: {}}}`);
    const run = (line: readonly string[], environment: Record<string, string> = { HOMERUN_SSH_CONFIG: config }) =>
      homerun([line[0] ?? '', '-i', hosts, ...line.slice(1)], { environment });
    t.is((await run(['exec', 'all', '--', 'echo', 'in'])).exit, 4);
    t.is((await run(['trust', '--fingerprint', fingerprint])).exit, 0);
    t.deepEqual(
      readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .map((line) => line.split(' ')[0]),
      [`[127.0.0.1]:${sshd.port}`, 'the-gate'],
    );
    const { exit, output } = await run(['exec', 'all', '--', 'echo', 'in']);
    t.is(exit, 0);
    t.is(output.match(/\| in$/gm)?.length, 2, output);
    // What is wrong in that configuration is known before a host is contacted.
    writeFileSync(join(folder, 'wrong'), 'Bogus yes\n');
    const wrong = await run(['exec', 'all', '--', 'true'], { HOMERUN_SSH_CONFIG: join(folder, 'wrong') });
    t.is(wrong.exit, 1);
    t.regex(wrong.errors, /the ssh configuration for alias cannot be read: .*wrong: line 1: Bad configuration option: bogus/);
  }
});

withSshd('the passphrase of a key is asked for once for all hosts, and without a terminal it is said what to do', async (t) => {
  const { file } = trusting();
  const folder = join(file, '..');
  writeFileSync(file, `[127.0.0.1]:${sshd.port} ${publicKey(join(sshd.folder, 'host_ed25519.pub'))}\n`);
  keygen(join(folder, 'locked'), 'ed25519', 'a passphrase');
  writeFileSync(join(sshd.folder, 'authorized_keys'), readFileSync(join(folder, 'locked.pub')), { flag: 'a' });
  const all = { ssh_host: '127.0.0.1', ssh_port: sshd.port, ssh_user: 'root', ssh_config: 'none', ssh_known_hosts_file: file };
  const hosts = { all: { vars: { ...all, ssh_identity_file: join(folder, 'locked') }, hosts: { h1: {}, h2: {}, h3: {} } } };
  writeFileSync(join(folder, 'hosts.yaml'), JSON.stringify(hosts));
  const line = ['exec', '-i', join(folder, 'hosts.yaml'), 'all', '--', 'echo', 'in'];
  const { exit, errors } = await homerun(line, { answers: ['wrong', 'a passphrase'] });
  t.is(exit, 0, errors);
  t.is(errors.match(/Passphrase of the key/g)?.length, 2);
  const silent = await homerun(line);
  t.is(silent.exit, 1);
  t.regex(silent.errors, /locked is protected by a passphrase, and there is no terminal to ask for it on\n.*ssh-add/);
  t.is((await homerun(line, { answers: [new Interrupted()] })).exit, 130);
});
