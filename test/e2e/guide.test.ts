// All keys of the guide on one homeserver, from inventory variables to what Synapse works with; and what they are for: accounts and mails.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOfStream } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import type { Value, Vars } from '../../src/values/vars.ts';
import { type HttpsAnswer, https } from '../lab/https.ts';
import { onHost, removeLab, startLab } from '../lab/lab.ts';
import { textOf } from '../lab/mail-message.ts';
import { linkIn, type MailServer, mailPorts, mailServerName, startMailServer } from '../lab/mail-server.ts';
import { homeserverRequest, type MatrixInventory, writeInventory } from '../lab/matrix-inventory.ts';
import type { Lab } from '../lab/types.ts';
import { type GuideKey, guideKeys, otherValues } from '../playbooks/guide-keys.ts';
import { effective } from './effective.ts';
import { complaint, converge, type JsonRan } from './homerun.ts';

const name = 'e2e-guide';
const folder = mkdtempSync(join(tmpdir(), 'homerun-guide-'));
const templates = join(folder, 'templates');
const data = '/var/matrix-synapse-data';
const serverName = 'guide.lab.test';
const captchaPort = 8010;
const others: Vars = { ...otherValues(), matrix_templates_custom_template_directory: templates };
const account = { user: String(others['matrix_email_smtp_user']), password: String(others['matrix_email_smtp_pass']) };
/** No diff may show these; of the password a piece that is the same wherever it is written. */
const secrets = ['registration-Ä-secret', 'macaroon-secret', 'form-secret', 'captcha-secret', 'word %(x)s'];
const synapse = [
  'playbooks/authorities.yaml',
  'playbooks/synapse.yaml',
  'playbooks/certificates.yaml',
  'playbooks/nginx.yaml',
  'playbooks/administrator.yaml',
];

let lab: Lab;
let inventory: MatrixInventory;
let mails: MailServer;
let captchas: Server;
/** The homeserver.yaml of a server of which nothing is set. */
let plain: { readonly [key: string]: unknown };

test.before(async (t) => {
  t.timeout(600_000);
  await removeLab(name);
  lab = await startLab({ name, hosts: [homeserverRequest('guide', 'baked')], say: (line) => t.log(line) });
  mails = await startMailServer(lab, account);
  captchas = await startCaptchas();
  mkdirSync(templates);
  writeFileSync(join(templates, 'password_reset.txt'), '您好！请点击以下链接设置新密码：\n\n{{ link }}\n');
});

test.after.always(async () => {
  mails?.stop();
  captchas?.close();
  await removeLab(name);
  rmSync(folder, { recursive: true, force: true });
});

/** What Google's server does: it knows the secret key, and what a person has solved. */
async function startCaptchas(): Promise<Server> {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const given = new URLSearchParams(await textOfStream(request));
    const success = given.get('secret') === others['matrix_recaptcha_private_key'] && given.get('response') === 'solved';
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ success }));
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise((resolve, reject) => server.once('error', reject).listen(captchaPort, lab.network.gateway, () => resolve(undefined)));
  return server;
}

async function onGuide(script: string): Promise<string> {
  const { code, stdout, stderr } = await onHost(lab, 'guide', script);
  if (code !== 0) throw new Error(`${script}: ${stdout}\n${stderr}`);
  return stdout;
}

/** Converges with these variables, and again, which must change nothing. @returns what the first run changed. */
async function run(t: ExecutionContext, variables: Vars): Promise<JsonRan> {
  const settings = {
    // Nobody outside is to be told or asked anything.
    report_stats_endpoint: 'http://127.0.0.1:9/',
    recaptcha_siteverify_api: `http://${lab.network.gateway}:${captchaPort}/`,
  };
  const all = {
    matrix_client: 'none',
    matrix_admin_panel_path: '',
    matrix_synapse_settings: settings,
    matrix_certificate_authorities: [readFileSync(lab.authority.certificateFile, 'utf8')],
    ...variables,
  };
  inventory = await writeInventory(lab, { folder, hostVariables: { guide: all } });
  const ran = await converge('run', [...synapse, '-i', inventory.folder, '-D']);
  t.is(ran.exitCode, 0, complaint(ran));
  t.log(`changed: ${ran.changed.join(', ')}`);
  for (const secret of secrets) t.false((ran.stdout + ran.stderr).includes(secret), 'a secret is shown');
  const again = await converge('run', [...synapse, '-i', inventory.folder]);
  t.is(again.exitCode, 0, complaint(again));
  t.deepEqual(again.changed, []);
  return ran;
}

const effectiveOf = (keys: readonly GuideKey[]) => effective(onGuide, Object.fromEntries(keys.map(({ key, read }) => [key, read])));
const homeserverYaml = async () => (await effective(onGuide, { file: 'file' })).file as { readonly [key: string]: unknown };

interface Call {
  readonly method?: string;
  readonly token?: string;
}

async function call(path: string, body?: Vars, { method = body ? 'POST' : 'GET', token }: Call = {}): Promise<{ status: number; said: Vars }> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const answer = await visit(`https://${serverName}/_matrix/client/v3/${path}`, { method, headers, ...(body && { body }) });
  return { status: answer.status, said: JSON.parse(answer.body) as Vars };
}

const visit = (url: string, more: object = {}): Promise<HttpsAnswer> =>
  https({ url, address: inventory.homeservers[0]?.host.address ?? '', ca: inventory.certificateAuthority, ...more });

const logIn = (user: string, password: string) => call('login', { type: 'm.login.password', identifier: { type: 'm.id.user', user }, password });

/** Has a mail sent by which an address is proved, and gives what the client shows later. */
async function askForMail(t: ExecutionContext, path: string, address: string, token?: string): Promise<{ sid: string; client_secret: string }> {
  const client_secret = `secret-${mails.count()}`;
  const { status, said } = await call(
    `${path}/requestToken`,
    { client_secret, email: address, send_attempt: 1 },
    token === undefined ? {} : { token },
  );
  t.is(status, 200, JSON.stringify(said));
  return { sid: String(said['sid']), client_secret };
}

test.serial('by default nobody can register, and nobody is sent a mail', async (t) => {
  t.timeout(300_000);
  await run(t, {});
  plain = await homeserverYaml();
  const closed = await call('register', { username: 'mallory', password: 'let-me-in-please' });
  t.is(closed.status, 403);
  t.regex(String(closed.said['error']), /Registration has been disabled/);
  const asked = await call('account/password/email/requestToken', { client_secret: 'a', email: 'a@b.test', send_attempt: 1 });
  t.is(asked.status, 400);
  t.regex(String(asked.said['error']), /resets have been disabled/);
});

test.serial('each key of the guide has its safe default in Synapse', async (t) => {
  const found = await effectiveOf(guideKeys);
  for (const { key, byDefault } of guideKeys) if (byDefault !== undefined) t.deepEqual(found[key], byDefault, key);
  t.is(found['email.subjects.password_reset'], '[%(server_name)s] Password reset');
});

test.serial('each key of the guide reaches Synapse from its variable', async (t) => {
  t.timeout(300_000);
  await onGuide(`cp -p ${data}/${serverName}.signing.key ${data}/moved.signing.key`);
  const { changed } = await run(t, others);
  t.deepEqual(
    changed.map((one) => one.replace('guide: ', '')),
    [
      'Put secrets that are set into files of their own',
      'Put templates of mails and pages in place',
      'Configure Synapse',
      'Serve everything over https',
    ],
  );
  const found = await effectiveOf(guideKeys);
  for (const { key, set, whenSet = set, byDefault } of guideKeys) t.deepEqual(found[key], whenSet === undefined ? byDefault : whenSet, key);
  const said = await onGuide(
    'docker exec -u 991:991 synapse python -m synapse.config read email.email_subjects.password_reset -c /data/homeserver.yaml',
  );
  t.regex(said, /^email\.email_subjects\.password_reset: \[%\(server_name\)s\] 密码重置 🔑$/m);
  t.regex(
    await onGuide(`stat -c '%n %a %u:%g' ${data}/homerun.*key`),
    /^\S+homerun\.macaroon_secret_key 600 991:991\n\S+homerun\.recaptcha_private_key 600 991:991\n$/,
  );
});

test.serial('with a captcha and an address somebody registers', async (t) => {
  const wanted = { username: 'alice', password: 'correct horse' };
  const { status, said } = await call('register', wanted);
  t.is(status, 401);
  const session = String(said['session']);
  t.deepEqual(said['flows'], [{ stages: ['m.login.recaptcha', 'm.login.email.identity'] }]);
  const solved = (response: string) => call('register', { auth: { type: 'm.login.recaptcha', response, session } });
  t.deepEqual((await solved('guessed')).said['completed'], []);
  t.deepEqual((await solved('solved')).said['completed'], ['m.login.recaptcha']);

  const threepid_creds = await askForMail(t, 'register/email', 'alice@example.net');
  const finish = () => call('register', { ...wanted, auth: { type: 'm.login.email.identity', session, threepid_creds } });
  t.is((await finish()).status, 401);
  const mail = await mails.next('alice@example.net');
  t.is(mail.message.headers.get('subject'), `[${serverName}] 验证您的电子邮件，100% 免费`);
  const page = await visit(linkIn(mail));
  t.is(page.status, 200, page.body);
  const done = await finish();
  t.is(done.said['user_id'], `@alice:${serverName}`, JSON.stringify(done.said));
});

test.serial('a forgotten password is reset by mail', async (t) => {
  const threepid_creds = await askForMail(t, 'account/password/email', 'alice@example.net');
  const mail = await mails.next('alice@example.net');
  t.is(mail.message.headers.get('subject'), `[${serverName}] 密码重置 🔑`);
  t.is(mail.message.headers.get('from'), '我们的聊天 团队 <matrix@mail.lab.test>');
  t.regex(mail.message.rawHeaders.get('from') ?? '', / <matrix@mail\.lab\.test>$/);
  t.deepEqual([mail.port, mail.user, mail.from], [mailPorts.tls, account.user, account.user]);
  t.regex(textOf(mail.message, 'text/plain'), /^您好！请点击以下链接设置新密码：$/m);

  const auth = { type: 'm.login.email.identity', threepid_creds };
  const begun = await call('account/password', { new_password: 'battery staple' });
  const finish = () => call('account/password', { new_password: 'battery staple', auth: { ...auth, session: String(begun.said['session']) } });
  t.is((await finish()).status, 401);
  const link = linkIn(mail);
  t.true(link.startsWith(`https://${serverName}:443/_synapse/client/password_reset/`), link);
  t.is((await visit(link)).status, 200);
  t.is((await visit(link, { method: 'POST' })).status, 200);
  t.is((await finish()).status, 200);
  t.is((await logIn('alice', 'correct horse')).status, 403);
  t.is((await logIn('alice', 'battery staple')).status, 200);
});

const token = { matrix_enable_registration: true, matrix_registration_requires_token: true };
const startTls = {
  matrix_email_smtp_host: mailServerName,
  matrix_email_smtp_user: account.user,
  matrix_email_smtp_pass: account.password,
  matrix_email_force_tls: false,
};
const kept = { matrix_media_store_path: '/data/files', matrix_signing_key_path: '/data/moved.signing.key' };

test.serial('with a token, and no other way, somebody registers', async (t) => {
  t.timeout(300_000);
  await run(t, { ...token, ...startTls, ...kept, matrix_form_secret: 'form-secret' });
  const admin = String((await logIn('admin', inventory.adminPassword)).said['access_token']);
  const made = await onGuide(
    `curl -fsS -X POST -H 'Authorization: Bearer ${admin}' -d '{"token": "welcome", "uses_allowed": 1}' http://127.0.0.1:8008/_synapse/admin/v1/registration_tokens/new`,
  );
  t.regex(made, /"welcome"/);
  const wanted = { username: 'bob', password: 'correct horse' };
  const { said } = await call('register', wanted);
  const flows = said['flows'] as readonly { readonly stages: readonly string[] }[];
  t.true(flows.length > 0 && flows.every(({ stages }) => stages.includes('m.login.registration_token')));
  const session = String(said['session']);
  const show = (word: string) => call('register', { ...wanted, auth: { type: 'm.login.registration_token', token: word, session } });
  t.deepEqual((await show('guessed')).said['completed'], []);
  t.deepEqual((await show('welcome')).said['completed'], ['m.login.registration_token']);
  const done = await call('register', { ...wanted, auth: { type: 'm.login.dummy', session } });
  t.is(done.said['user_id'], `@bob:${serverName}`, JSON.stringify(done.said));
});

test.serial('an address is confirmed by mail, over STARTTLS', async (t) => {
  const bob = String((await logIn('bob', 'correct horse')).said['access_token']);
  const creds = await askForMail(t, 'account/3pid/email', 'bob@example.net', bob);
  const mail = await mails.next('bob@example.net');
  t.deepEqual([mail.port, mail.user], [mailPorts.startTls, account.user]);
  t.is(mail.message.headers.get('from'), `Matrix <noreply@${serverName}>`);
  t.is(mail.message.headers.get('subject'), `[${serverName}] Validate your email`);
  t.is((await visit(linkIn(mail))).status, 200);
  const add = (auth?: Value) => call('account/3pid/add', { ...creds, ...(auth !== undefined && { auth }) }, { token: bob });
  const { said } = await add();
  const identifier = { type: 'm.id.user', user: 'bob' };
  t.is((await add({ type: 'm.login.password', identifier, password: 'correct horse', session: String(said['session']) })).status, 200);
  const { threepids } = (await call('account/3pid', undefined, { token: bob })).said as { threepids: readonly { address: string }[] };
  t.deepEqual(
    threepids.map(({ address }) => address),
    ['bob@example.net'],
  );
});

test.serial('another secret restarts Synapse once, and changes nothing else', async (t) => {
  t.timeout(300_000);
  const started = () => onGuide("docker inspect -f '{{.Id}} {{.RestartCount}} {{.State.StartedAt}}' synapse");
  const before = await started();
  const { changed } = await run(t, { ...token, ...startTls, ...kept, matrix_form_secret: 'another-secret' });
  t.deepEqual(changed, ['guide: Put secrets that are set into files of their own', 'guide: Restart Synapse']);
  const after = await started();
  t.is(after.split(' ')[0], before.split(' ')[0]);
  t.not(after, before);
  t.deepEqual(await effective(onGuide, { secret: 'config.key.form_secret' }), { secret: 'another-secret' });
});

test.serial('what is switched off leaves nothing behind', async (t) => {
  t.timeout(300_000);
  await run(t, {});
  t.deepEqual(
    (await homeserverYaml())['federation_domain_whitelist'],
    others['matrix_federation_domain_whitelist'],
    'nobody is let in by a missing line',
  );
  await run(t, { matrix_federation_domain_whitelist: null });
  const stays = [
    'media_store_path',
    'signing_key_path',
    ...['registration_shared_secret', 'macaroon_secret_key', 'form_secret'].flatMap((one) => [one, `${one}_path`]),
  ];
  const without = (all: { readonly [key: string]: unknown }) => Object.fromEntries(Object.entries(all).filter(([key]) => !stays.includes(key)));
  t.deepEqual(without(await homeserverYaml()), without(plain));
  t.is(
    (await onGuide(`cd ${data} && ls -d homerun.*`)).trim(),
    'homerun.form_secret\nhomerun.macaroon_secret_key\nhomerun.registration_shared_secret',
  );
  t.is((await call('register', { username: 'mallory', password: 'let-me-in-please' })).status, 403);
  t.is((await logIn('bob', 'correct horse')).status, 200);
});
