// What Synapse would refuse, or take and not work with, is refused while the old configuration goes on serving.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { https } from '../lab/https.ts';
import { onHost, removeLab, startLab } from '../lab/lab.ts';
import { type Homeserver, homeserverRequest, type MatrixInventory, writeInventory } from '../lab/matrix-inventory.ts';
import type { Lab } from '../lab/types.ts';
import { complaint, converge } from './homerun.ts';
import { whileProbing } from './probe.ts';

const name = 'e2e-refused';
const folder = mkdtempSync(join(tmpdir(), 'homerun-refused-'));
const data = '/var/matrix-synapse-data';

let lab: Lab;
let inventory: MatrixInventory;
let server: Homeserver;

test.before(async (t) => {
  t.timeout(600_000);
  await removeLab(name);
  lab = await startLab({ name, hosts: [homeserverRequest('refuse', 'baked')], say: (line) => t.log(line) });
  inventory = await writeInventory(lab, { folder });
  const [first] = inventory.homeservers;
  if (!first) throw new Error('the inventory has no homeserver');
  server = first;
  const ran = await converge('run', ['playbooks/site.yaml', '-i', inventory.folder]);
  if (ran.exitCode !== 0) throw new Error(complaint(ran));
});

test.after.always(async () => {
  await removeLab(name);
  rmSync(folder, { recursive: true, force: true });
});

const run = (variables: object) => converge('run', ['playbooks/synapse.yaml', '-i', inventory.folder, '-e', JSON.stringify(variables)]);

/** Through nginx, as a client would ask. */
async function versions(): Promise<string | undefined> {
  const url = `https://${server.serverName}/_matrix/client/versions`;
  const { status } = await https({ url, address: server.host.address, ca: inventory.certificateAuthority });
  return status === 200 ? undefined : `status ${status}`;
}

/** Everything of Synapse that a refused configuration must leave alone. */
async function state(): Promise<string> {
  const script = `cd ${data} && find . -maxdepth 1 \\( -name '*.yaml' -o -name '*.config' -o -name '*.key' \\) -exec stat -c '%n %i %Y %a %u' {} + -exec sha256sum {} + | sort
docker inspect -f '{{.Id}} {{.State.StartedAt}}' synapse; ls -A ${data}.homerun 2>&1; ls -A /var | grep homerun`;
  return (await onHost(lab, 'refuse', script)).stdout;
}

interface Refused {
  readonly what: string;
  readonly settings: object;
  /** The key, and what is wrong with it. */
  readonly message: RegExp;
  /** What to do. */
  readonly hint: RegExp;
}

const mail = { smtp_host: 'localhost', notif_from: 'a <a@b.test>' };

const byTheImage: readonly Refused[] = [
  { what: 'a duration in words', settings: { session_lifetime: '15min' }, message: /: session_lifetime: .*15min/, hint: /15m/ },
  {
    what: 'previews of URLs without a list of forbidden addresses',
    settings: { url_preview_enabled: true },
    message: /: url_preview_enabled: .*url_preview_ip_range_blacklist/,
    hint: /#url_preview_enabled/,
  },
  {
    what: 'a file that is not there',
    settings: { federation_custom_ca_list: ['/data/nothing.pem'] },
    message: /: federation_custom_ca_list: .*\/data\/nothing\.pem/,
    hint: /must be there/,
  },
  { what: 'text where a mapping is wanted', settings: { retention: 'yes' }, message: /: retention: /, hint: /A mapping is wanted/ },
];

/** Synapse's own check takes these. */
const missedByTheImage: readonly Refused[] = [
  { what: 'a slip of the pen', settings: { max_uplaod_size: '60M' }, message: /: max_uplaod_size: .*no such setting/, hint: /"max_upload_size"/ },
  { what: 'a key of no kind', settings: { zzz_qqq: 1 }, message: /: zzz_qqq: .*no such setting/, hint: /manual/ },
  {
    what: 'a key that is called otherwise',
    settings: { recaptcha_enabled: true },
    message: /: recaptcha_enabled: /,
    hint: /"enable_registration_captcha"/,
  },
  {
    what: "an application service's file that is not there",
    settings: { app_service_config_files: ['/data/nothing.yaml'] },
    message: /: app_service_config_files: \/data\/nothing\.yaml is not there/,
    hint: /Put the file there/,
  },
  {
    what: 'a log configuration that is not there',
    settings: { log_config: '/nowhere/log.yaml' },
    message: /: log_config: /,
    hint: /below \/data/,
  },
  {
    what: 'listeners where the container is not reached',
    settings: { listeners: [{ port: 8008, bind_addresses: ['127.0.0.1'], type: 'http', resources: [{ names: ['client', 'federation'] }] }] },
    message: /: listeners: the container synapse publishes its port 8008/,
    hint: /port: 8008/,
  },
];

/** What can be known without the host. */
const beforehand: readonly Refused[] = [
  { what: 'a size with two letters', settings: { max_upload_size: '50MB' }, message: /settings\.max_upload_size: .*"50MB"/, hint: /Write 50M\./ },
  {
    what: 'open registration without verification',
    settings: { enable_registration: true },
    message: /settings\.enable_registration: .*without any verification/,
    hint: /registrations_require_3pid.*registration_requires_token.*captcha/,
  },
  {
    what: 'force_tls without enable_tls',
    settings: { email: { ...mail, force_tls: true, enable_tls: false } },
    message: /settings\.email\.force_tls: it needs email\.enable_tls/,
    hint: /Set email\.enable_tls: true/,
  },
  {
    what: 'a captcha without its keys',
    settings: { enable_registration: true, enable_registration_captcha: true },
    message: /settings\.enable_registration_captcha: .*recaptcha_public_key is not set/,
    hint: /reCAPTCHA v2/,
  },
  {
    what: 'verification by mail without mail',
    settings: { enable_registration: true, registrations_require_3pid: ['email'] },
    message: /settings\.registrations_require_3pid: .*no email section/,
    hint: /Set email/,
  },
  {
    what: 'text where a list is wanted',
    settings: { turn_uris: 'turn:a' },
    message: /settings\.turn_uris: expected a list/,
    hint: /turn_uris: \[turn:a\]/,
  },
  {
    what: 'a subject that no mail can be sent with',
    settings: { email: { ...mail, subjects: { password_reset: '100% yours' } } },
    message: /settings\.email\.subjects\.password_reset: /,
    hint: /%%/,
  },
];

for (const { what, settings, message, hint } of beforehand) {
  test.serial(`${what} is refused before a host is contacted`, async (t) => {
    const ran = await run({ matrix_synapse_settings: settings });
    t.is(ran.exitCode, 1);
    t.regex(ran.stderr, message);
    t.regex(ran.stderr, hint);
    t.false(ran.stdout.includes('host_ready'));
  });
}

for (const [who, all] of [
  ['the image', byTheImage],
  ['homerun, as the image would take it', missedByTheImage],
] as const) {
  for (const { what, settings, message, hint } of all) {
    test.serial(`${what} is refused by ${who}, by its name, and Synapse never stops answering`, async (t) => {
      const before = await state();
      const [ran, probed] = await whileProbing(versions, () => run({ matrix_synapse_settings: settings }));
      t.is(ran.exitCode, 2, complaint(ran));
      const failed = ran.tasks.find(({ status }) => status === 'failed');
      t.is(failed?.task, 'Configure Synapse');
      t.regex(failed?.message ?? '', message);
      t.regex(failed?.hint ?? '', hint);
      t.deepEqual(ran.changed, []);
      t.is(await state(), before);
      t.deepEqual(probed.wrong, []);
      // Milliseconds on a quiet machine; this bound is for one where everything is slow.
      t.true(probed.longestGapMs < 5000, `${probed.longestGapMs} ms without an answer`);
      t.log(`${probed.count} requests, the longest time between two answers ${probed.longestGapMs.toFixed(0)} ms`);
    });
  }
}

test.serial('capital letters in the server name, and the name among the settings, are refused before a host is contacted', async (t) => {
  for (const [variables, message] of [
    [{ matrix_server_name: 'Refuse.lab.test' }, /matrix_server_name/],
    [{ matrix_synapse_settings: { server_name: 'refuse.lab.test' } }, /server_name: use the parameter server_name/],
  ] as const) {
    const ran = await run(variables);
    t.is(ran.exitCode, 1);
    t.regex(ran.stderr, message);
    t.false(ran.stdout.includes('host_ready'));
  }
});

test.serial('an upper-case server name that stands in the file already is refused too', async (t) => {
  const live = `${data}/homeserver.yaml`;
  await onHost(lab, 'refuse', `cp -p ${live} /root/kept && sed -i 's/^server_name:.*/server_name: Refuse.lab.test/' ${live}`);
  const ran = await run({ matrix_synapse_settings: {} });
  await onHost(lab, 'refuse', `cp -p /root/kept ${live}`);
  t.is(ran.exitCode, 2);
  t.regex(complaint(ran), /Refuse\.lab\.test/);
});

test.serial('after all that the host is as it was: nothing is left to do', async (t) => {
  const again = await converge('check', ['playbooks/site.yaml', '-i', inventory.folder]);
  t.is(again.exitCode, 0, complaint(again));
  t.deepEqual(again.changed, []);
});
