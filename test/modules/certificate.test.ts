import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { Secret } from '../../src/values/secret.ts';
import { shells } from '../shell/shells.ts';
import { converge } from './converge.ts';

const root = mkdtempSync(join(tmpdir(), 'homerun-certificate-'));
test.after.always(() => rmSync(root, { recursive: true, force: true }));

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.log('acme_certificate on this machine is not tested: the key shall belong to root.');
const rootTest = isRoot ? test.serial : test.serial.skip;
// BusyBox has no openssl among its own tools.
const withOpenssl = shells().filter((shell) => shell.name !== 'busybox');

function makeCertificate(name: string, days: number): { readonly certificate: string; readonly key: string } {
  const [certificate, key] = [join(root, `${name}.pem`), join(root, `${name}.key`)];
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
  spawnSync('openssl', [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    `${days}`,
    ...subject,
    '-keyout',
    key,
    '-out',
    certificate,
  ]);
  return { certificate, key };
}

/** One that ended in 2020: req(1) makes none in the past, ca(1) does. */
function makeExpired(name: string): ReturnType<typeof makeCertificate> {
  const { key } = makeCertificate(name, 1);
  const folder = mkdtempSync(join(root, 'ca-'));
  const [request, certificate, config] = [join(folder, 'request'), join(folder, 'certificate'), join(folder, 'config')];
  writeFileSync(join(folder, 'index'), '');
  const names = `[san]\nsubjectAltName=DNS:${name}\n[any]\ncommonName=supplied\n`;
  writeFileSync(
    config,
    `[ca]\ndefault_ca=it\n[it]\ndatabase=${folder}/index\nnew_certs_dir=${folder}\nserial=${folder}/serial\ndefault_md=sha256\npolicy=any\nx509_extensions=san\n${names}`,
  );
  spawnSync('openssl', ['req', '-new', '-key', key, '-subj', `/CN=${name}`, '-out', request]);
  const dates = ['-startdate', '20190101000000Z', '-enddate', '20200101000000Z'];
  spawnSync('openssl', [
    'ca',
    '-batch',
    '-selfsign',
    '-notext',
    '-rand_serial',
    '-config',
    config,
    '-keyfile',
    key,
    '-in',
    request,
    '-out',
    certificate,
    ...dates,
  ]);
  return { certificate, key };
}

const bring = (path: string, name: string, { certificate, key }: ReturnType<typeof makeCertificate>) => ({
  name: 'lab',
  names: [name],
  method: 'files',
  path,
  certificate: { path: certificate, content: readFileSync(certificate) },
  private_key_content: new Secret(readFileSync(key, 'utf8')),
});
const leaf = (path: string) => new X509Certificate(readFileSync(join(path, 'fullchain.pem')));
const brought = makeCertificate('brought.test', 90);

for (const shell of withOpenssl) {
  rootTest(`acme_certificate › ${shell.name}: signs itself, renews for other names and before the end, and is quiet in between`, async (t) => {
    const path = join(root, shell.name, "self $(id) 's");
    const given = { name: 'lab', names: ['lab.test', 'chat.lab.test'], method: 'selfsigned', path };
    t.deepEqual((await converge(shell, 'acme_certificate', given)).rest, []);
    t.deepEqual((await converge(shell, 'acme_certificate', given)).changes, []);
    t.is(leaf(path).subjectAltName, 'DNS:lab.test, DNS:chat.lab.test');
    t.is(statSync(join(path, 'privkey.pem')).mode & 0o777, 0o600);
    t.deepEqual((await converge(shell, 'acme_certificate', { ...given, names: ['lab.test'] })).rest, []);
    t.is(leaf(path).subjectAltName, 'DNS:lab.test');
    const short = makeCertificate('lab.test', 20);
    writeFileSync(join(path, 'fullchain.pem'), readFileSync(short.certificate));
    writeFileSync(join(path, 'privkey.pem'), readFileSync(short.key));
    const renewed = await converge(shell, 'acme_certificate', { ...given, names: ['lab.test'] });
    t.deepEqual(renewed.changes, ['renew the self-signed certificate lab for lab.test (expires in 19 days)']);
    t.deepEqual(renewed.rest, []);
    t.is(readdirSync(join(root, shell.name, ".self $(id) 's")).length, 1, 'old versions are removed');
  });

  rootTest(`acme_certificate › ${shell.name}: puts brought files in place, repairs them, and tightens the key`, async (t) => {
    const path = join(root, shell.name, 'files');
    const given = bring(path, 'brought.test', brought);
    t.deepEqual((await converge(shell, 'acme_certificate', given)).rest, []);
    t.deepEqual((await converge(shell, 'acme_certificate', given)).changes, []);
    spawnSync('chmod', ['0644', join(path, 'privkey.pem')]);
    t.deepEqual((await converge(shell, 'acme_certificate', given)).changes.length, 1);
    writeFileSync(join(path, 'privkey.pem'), 'broken');
    const repaired = await converge(shell, 'acme_certificate', given);
    t.deepEqual(repaired.changes, [`replace the certificate lab with ${brought.certificate}`]);
    t.deepEqual(repaired.rest, []);
  });

  rootTest(`acme_certificate › ${shell.name}: an expired one is refused by the host, and the old one stays`, async (t) => {
    const path = join(root, shell.name, 'expired');
    await converge(shell, 'acme_certificate', bring(path, 'brought.test', brought));
    const before = leaf(path).fingerprint256;
    const { outputs } = await converge(shell, 'acme_certificate', bring(path, 'old.test', makeExpired('old.test')));
    t.regex(outputs[0]?.stderr ?? '', /has expired .*nothing was changed/);
    t.is(leaf(path).fingerprint256, before);
    t.is(readdirSync(join(root, shell.name, '.expired')).length, 1);
  });

  rootTest(`acme_certificate › ${shell.name}: a folder that somebody made in its place is left alone`, async (t) => {
    const path = join(root, shell.name, 'folder');
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'precious'), '');
    const { outputs } = await converge(shell, 'acme_certificate', bring(path, 'brought.test', brought));
    t.regex(outputs[0]?.stderr ?? '', /is there and is not a link/);
    t.deepEqual(readdirSync(path), ['precious']);
  });
}
