// homeserver.yaml belongs to its owner: what homerun is not asked to change keeps every byte, on a host where Synapse was set up by hand as the manuals say.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { readYaml } from '../../src/modules/support/yaml-edit.ts';
import type { Vars } from '../../src/values/vars.ts';
import { onHost, removeLab, startLab } from '../lab/lab.ts';
import { homeserverRequest, type MatrixInventory, writeInventory } from '../lab/matrix-inventory.ts';
import type { Lab } from '../lab/types.ts';
import { effective } from './effective.ts';
import { complaint, converge, type JsonRan } from './homerun.ts';

const name = 'e2e-configuration';
const folder = mkdtempSync(join(tmpdir(), 'homerun-configuration-'));
const data = '/var/matrix-synapse-data';
const file = `${data}/homeserver.yaml`;

/** Subjects as a widely read guide sets them, and what lies beyond 16 bits. */
const subjects = {
  password_reset: '[%(server_name)s] 密码重置',
  message_from_person_in_room: '[%(app)s] 您收到来自 %(person)s 在 %(room)s 房间的消息… 🔑',
};
const email = { smtp_host: 'localhost', app_name: '我们的', notif_from: 'a <a@b.test>', subjects };
/** What only the free-form settings know. */
const declared = { email, limit_remote_rooms: { enabled: false, complexity: 2, complexity_error: '太大' } };

let lab: Lab;
let inventory: MatrixInventory;
/** As the image wrote it. */
let generated: string;

test.before(async (t) => {
  t.timeout(600_000);
  await removeLab(name);
  lab = await startLab({ name, hosts: [homeserverRequest('kept', 'baked')], say: (line) => t.log(line) });
  inventory = await writeInventory(lab, { folder });
  const image = lab.synapseImages[0]?.names[0] ?? '';
  await onKept(`mkdir ${data} && docker run --rm -v ${data}:/data -e SYNAPSE_SERVER_NAME=kept.lab.test -e SYNAPSE_REPORT_STATS=no ${image} generate`);
  generated = await live();
  // Without a port of the host before the colon Docker chooses one.
  await onKept(`docker run -d --name synapse -v ${data}:/data -p 8008 -p 8009 -p 8448 ${image}
for i in $(seq 240); do ! docker exec synapse curl -fsS http://127.0.0.1:8008/health || exit 0; sleep 0.25; done; exit 1`);
});

test.after.always(async () => {
  await removeLab(name);
  rmSync(folder, { recursive: true, force: true });
});

async function onKept(script: string): Promise<string> {
  const { code, stdout, stderr } = await onHost(lab, 'kept', script);
  if (code !== 0) throw new Error(`${script}: ${stdout}\n${stderr}`);
  return stdout;
}

const live = () => onKept(`cat ${file}`);

/** Runs the playbook with `settings` in the inventory's own file, as a user would write them. */
async function run(settings: Vars, ...more: readonly string[]): Promise<JsonRan> {
  await writeInventory(lab, { folder, hostVariables: { kept: { matrix_synapse_settings: { trusted_key_servers: [], ...settings } } } });
  return converge('run', ['playbooks/synapse.yaml', '-i', inventory.folder, ...more]);
}

const size = (text: string) => ['-e', `matrix_max_upload_size=${text}`];

test.serial('every comment, every generated secret and every other line of a generated file stay, and modes are tightened', async (t) => {
  t.is((await onKept(`stat -c '%a %U' ${file} ${data}/*.log.config`)).trim().split('\n').join(), '644 UNKNOWN,644 root');
  const ran = await run(declared);
  t.is(ran.exitCode, 0, complaint(ran));
  const now = await live();
  const ours = readYaml(now).data;
  const before = readYaml(generated).data;
  const changed = Object.keys(before).filter((key) => JSON.stringify(before[key]) !== JSON.stringify(ours[key]));
  t.deepEqual(changed, ['trusted_key_servers']);
  // The lines of what changed aside, the old file stands in the new one, line by line and in its order.
  const lines = generated.split('\n').filter((line) => !/^(trusted_key_servers:| {2}- server_name:)/.test(line));
  t.true(lines.filter((line) => line.startsWith('#')).length >= 12);
  t.deepEqual(missingFrom(now.split('\n'), lines), []);
  for (const key of ['registration_shared_secret', 'macaroon_secret_key', 'form_secret']) t.is(now.split(`${key}: `).length, 2);
  t.deepEqual((await onKept(`cd ${data} && stat -c '%n %a %u:%g' . *.yaml *.config *.key`)).trim().split('\n'), [
    '. 750 991:991',
    'homeserver.yaml 640 991:991',
    'kept.lab.test.log.config 640 991:991',
    'kept.lab.test.signing.key 640 991:991',
  ]);
});

/** Those of `lines` that do not stand in `all`, each behind the one before it. */
function missingFrom(all: readonly string[], lines: readonly string[]): readonly string[] {
  let from = 0;
  return lines.filter((line) => {
    const at = all.indexOf(line, from);
    if (at >= 0) from = at + 1;
    return at < 0;
  });
}

test.serial('a rerun leaves it byte for byte the same, and does not even write it', async (t) => {
  const state = `sha256sum ${file} ${data}/*.config ${data}/*.key; stat -c '%i %Y %Z' ${file} ${data}/*.config ${data}/*.key`;
  const before = await onKept(state);
  const again = await run(declared);
  t.is(again.exitCode, 0, complaint(again));
  t.deepEqual(again.changed, []);
  t.is(await onKept(state), before);
});

test.serial('Chinese subjects and an emoji reach Synapse as they were written', async (t) => {
  const read = {
    reset: 'config.email.email_subjects.password_reset',
    message: 'config.email.email_subjects.message_from_person_in_room',
    app: 'config.email.email_app_name',
  };
  t.deepEqual(await effective(onKept, read), { reset: subjects.password_reset, message: subjects.message_from_person_in_room, app: email.app_name });
});

test.serial('comments and keys that were written by hand survive the next change', async (t) => {
  await onKept(
    `sed -i -e 's/^database:/# 我写的\\n&  # the small one/' -e 's/^  - port: 8008/  # by hand\\n&/' ${file} && printf 'max_image_pixels:   40M  # mine\\n' >>${file}`,
  );
  const before = await live();
  t.regex(before, /^# 我写的\ndatabase: {2}# the small one$/m);
  const ran = await run(declared, ...size('60M'));
  t.is(ran.exitCode, 0, complaint(ran));
  t.is(await live(), before.replace('max_upload_size: "50M"', 'max_upload_size: "60M"'));
  t.deepEqual(await effective(onKept, { size: 'config.media.max_image_pixels' }), { size: 40 * 1024 * 1024 });
});

test.serial('a key that is no longer declared stays as it is, and null takes it out', async (t) => {
  const before = await live();
  const undeclared = await run({ email }, ...size('60M'));
  t.is(undeclared.exitCode, 0, complaint(undeclared));
  t.deepEqual(undeclared.changed, []);
  t.is(await live(), before);
  const taken = await run({ email, limit_remote_rooms: { complexity_error: null }, max_image_pixels: null }, ...size('60M'));
  t.is(taken.exitCode, 0, complaint(taken));
  t.is(await live(), before.replace(/^ {2}complexity_error: .*\n/m, '').replace(/^max_image_pixels: .*\n/m, ''));
});

const asLeftBy: readonly (readonly [editor: string, edit: string, form: RegExp])[] = [
  ['an editor of Windows', `sed -i -e '1s/^/\\xef\\xbb\\xbf/' -e 's/$/\\r/' ${file}`, /^\ufeff# .*\r\n(?:.*\r\n)*$/],
  [
    'an editor that ends no last line',
    `sed -i -e '1s/^\\xef\\xbb\\xbf//' -e 's/\\r$//' ${file} && printf %s "$(cat ${file})" >${file}.new && cat ${file}.new >${file} && rm ${file}.new`,
    /[^\n]$/,
  ],
];

for (const [index, [editor, edit, form]] of asLeftBy.entries()) {
  test.serial(`${editor} does no harm: a change changes its line alone, and Synapse reads it`, async (t) => {
    await onKept(edit);
    const before = await live();
    t.regex(before, form);
    const [from, to] = [60 + index, 61 + index];
    const ran = await run({ email }, ...size(`${to}M`));
    t.is(ran.exitCode, 0, complaint(ran));
    t.is(await live(), before.replace(`max_upload_size: "${from}M"`, `max_upload_size: "${to}M"`));
    t.deepEqual(await effective(onKept, { size: 'config.media.max_upload_size' }), { size: to * 1024 * 1024 });
    const again = await run({ email }, ...size(`${to}M`));
    t.deepEqual(again.changed, [], complaint(again));
  });
}
