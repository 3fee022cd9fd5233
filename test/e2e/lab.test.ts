// The lab itself, on a lab of its own.

import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { issueCertificate } from '../lab/authority.ts';
import { hostNamed, onHost, removeLab, startLab, switchOff } from '../lab/lab.ts';
import { startPebble } from '../lab/pebble.ts';
import { attempt, run } from '../lab/run.ts';
import type { Lab } from '../lab/types.ts';

const name = 'test-lab';
const hosts = [
  { name: 'plain', names: ['chat.lab.test'] },
  { name: 'baked', kind: 'baked' },
] as const;

let lab: Lab;

test.before(async (t) => {
  t.timeout(600_000);
  await removeLab(name);
  lab = await startLab({ name, hosts, standIns: 'always', say: (line) => t.log(line) });
});

test.after.always(async () => removeLab(name));

async function ssh(user: string, host: string, command: string) {
  const { address } = hostNamed(lab, host);
  const options = ['-i', lab.identityFile, '-o', 'IdentitiesOnly=yes', '-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=yes'];
  const knownHosts = ['-F', '/dev/null', '-o', `UserKnownHostsFile=${lab.knownHostsFile}`];
  return attempt(['ssh', ...options, ...knownHosts, `${user}@${address}`, command]);
}

// Runs a script on a host and expects it to succeed.
async function ok(t: ExecutionContext, host: string, script: string): Promise<string> {
  const output = await onHost(lab, host, script);
  t.is(output.code, 0, `${output.stdout}\n${output.stderr}`);
  return output.stdout.trim();
}

test.serial('each host can be logged in to with the key, and known_hosts holds the key that it really has', async (t) => {
  for (const host of lab.hosts) {
    const answer = await ssh('root', host.name, 'systemctl is-system-running && hostname');
    t.deepEqual([answer.code, answer.stdout], [0, `running\n${host.name}\n`], answer.stderr);
    const key = await ok(t, host.name, 'cut -d" " -f1,2 /etc/ssh/ssh_host_ed25519_key.pub');
    t.true(readFileSync(lab.knownHostsFile, 'utf8').includes(`${host.address} ${key}\n`));
  }
  t.not(await ok(t, 'plain', 'cat /etc/machine-id'), await ok(t, 'baked', 'cat /etc/machine-id'));
});

test.serial('one user may use sudo with the password, the other may not', async (t) => {
  const { sudo, plain } = lab.users;
  const asked = (user: { name: string; password: string }) =>
    ok(t, 'plain', `su ${user.name} -c 'echo ${user.password} | sudo -S -p "" id -u 2>&1 || true'`);
  t.is(await asked(sudo), '0');
  t.regex(await asked(plain), /not in the sudoers file/);
  t.is((await ssh(sudo.name, 'plain', 'sudo -n true')).code, 1);
});

test.serial('a plain host has nothing of what playbooks install', async (t) => {
  const found = await ok(t, 'plain', 'for one in curl wget python3 docker nginx gpg openssl; do command -v $one || true; done');
  // openssl comes with ca-certificates.
  t.is(found, '/usr/bin/openssl');
});

test.serial('names of the lab resolve on hosts and in containers on them, and others do not', async (t) => {
  const { labAddress } = hostNamed(lab, 'plain');
  t.is((await ok(t, 'baked', 'getent ahostsv4 chat.lab.test | head -n 1')).split(' ')[0], labAddress);
  const image = lab.synapseImages[0]?.names[0] ?? '';
  const inside = await ok(t, 'baked', `docker run --rm --entrypoint getent ${image} hosts plain.lab.test`);
  t.is(inside.split(' ')[0], labAddress);
  t.is((await onHost(lab, 'baked', 'getent hosts nobody.lab.test')).code, 2);
});

test.serial('images are pulled under the names of playbooks, and a missing tag is unknown', async (t) => {
  for (const image of lab.synapseImages[0]?.names ?? []) t.is(await ok(t, 'baked', `docker pull -q ${image}`), image);
  const missing = await onHost(lab, 'baked', 'docker pull docker.io/matrixdotorg/synapse:v0.0.0');
  t.regex(missing.stderr, /manifest unknown/);
});

test.serial('the stand-in apt repository is accepted as signed, and without its key it is refused', async (t) => {
  const source = (signedBy: string): string =>
    `printf '%s\\n' 'Types: deb' 'URIs: https://download.docker.com/linux/debian' 'Suites: bookworm' 'Components: stable' \\
       'Signed-By: ${signedBy}' > /etc/apt/sources.list.d/docker.sources`;
  await ok(t, 'baked', 'curl -fsS -o /etc/apt/keyrings/docker.asc https://download.docker.com/linux/debian/gpg');
  const listed = await ok(t, 'baked', `${source('/etc/apt/keyrings/docker.asc')}\napt-get update -q && apt-cache policy docker-ce`);
  t.regex(listed, /\+lab2 500\n\s+500 https:\/\/download\.docker\.com\/linux\/debian bookworm\/stable/);
  const refused = await onHost(lab, 'baked', `${source('/usr/share/keyrings/debian-archive-keyring.gpg')}\napt-get update -q`);
  t.regex(refused.stderr, /NO_PUBKEY/);
});

test.serial('every release is served with the digest that the lab names', async (t) => {
  t.deepEqual([...new Set(lab.releases.map((release) => release.application))], ['ketesa', 'hydrogen']);
  for (const { url, sha256, topFolder } of lab.releases) {
    const listed = await ok(t, 'baked', `curl -fsS -o /tmp/r.tar.gz ${url} && sha256sum /tmp/r.tar.gz && tar tzvf /tmp/r.tar.gz`);
    t.true(listed.startsWith(sha256));
    t.true(listed.includes(`1001/1001`) && listed.includes(` ${topFolder}/index.html`));
  }
});

test.serial('certificates of the lab verify, and one in the past has expired', async (t) => {
  const verify = async (options: { notBefore?: Date; notAfter?: Date }) => {
    const { certificate } = await issueCertificate(lab.authority, ['chat.lab.test', '10.213.1.11'], options);
    return attempt(['openssl', 'verify', '-CAfile', lab.authority.certificateFile, '-verify_hostname', 'chat.lab.test'], {
      input: certificate,
    });
  };
  t.is((await verify({})).code, 0);
  const past = await verify({ notBefore: new Date('2025-01-01'), notAfter: new Date('2025-02-01') });
  t.regex(past.stderr, /certificate has expired/);
});

test.serial('Pebble issues a certificate for a name of the lab', async (t) => {
  const pebble = await startPebble(lab);
  t.teardown(pebble.stop);
  const certbot = [
    'certbot certonly -q --standalone --agree-tos --register-unsafely-without-email -d baked.lab.test',
    `--server ${pebble.directoryUrl} --pre-hook 'systemctl stop nginx' --post-hook 'systemctl start nginx'`,
  ].join(' ');
  await ok(t, 'baked', certbot);
  const subject = 'openssl x509 -noout -ext subjectAltName -in /etc/letsencrypt/live/baked.lab.test/fullchain.pem';
  t.regex(await ok(t, 'baked', subject), /DNS:baked\.lab\.test/);
  t.regex(await pebble.rootCertificate(), /BEGIN CERTIFICATE/);
});

test.serial('a host that was switched off comes back as itself, and a second start changes nothing', async (t) => {
  const before = readFileSync(lab.knownHostsFile, 'utf8');
  await switchOff(lab, 'plain');
  t.is((await ssh('root', 'plain', 'true')).code, 255);
  const container = () => run([lab.engine.client, 'inspect', '--format', '{{.Id}}', hostNamed(lab, 'plain').container]);
  const id = await container();
  lab = await startLab({ name, hosts, standIns: 'always' });
  t.is((await ssh('root', 'plain', 'true')).code, 0);
  t.is(await container(), id);
  t.is(readFileSync(lab.knownHostsFile, 'utf8'), before);
});
