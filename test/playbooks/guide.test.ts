import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { homerun } from '../e2e/homerun.ts';
import { projectRoot } from '../lab/places.ts';
import { options, read } from './declared.ts';
import { guideKeys, otherValues } from './guide-keys.ts';

const rows = read('docs/guide.md')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.slice(2, -2).split(' | '));

// What docs/guide.md promises is this list: every key that the guide writes into homeserver.yaml.
const keys = `
  server_name pid_file listeners log_config media_store_path registration_shared_secret macaroon_secret_key form_secret signing_key_path report_stats
  trusted_key_servers suppress_key_server_warning presence.enabled public_baseurl serve_server_wellknown enable_registration
  enable_registration_without_verification enable_registration_captcha recaptcha_public_key recaptcha_private_key registrations_require_3pid
  allow_guest_access max_upload_size max_avatar_size federation_domain_whitelist allow_profile_lookup_over_federation user_directory.enabled
  user_directory.search_all_users user_directory.prefer_local_users user_directory.show_locked_users database email.smtp_host email.smtp_port
  email.smtp_user email.smtp_pass email.force_tls email.require_transport_security email.enable_tls email.notif_from email.enable_notifs
  email.notif_for_new_users email.client_base_url email.validation_token_lifetime email.invite_client_location templates.custom_template_directory
  email.subjects.message_from_person_in_room email.subjects.message_from_person email.subjects.messages_from_person email.subjects.messages_in_room
  email.subjects.messages_in_room_and_others email.subjects.messages_from_person_and_others email.subjects.invite_from_person_to_room
  email.subjects.invite_from_person email.subjects.password_reset email.subjects.email_validation oidc_providers
`
  .trim()
  .split(/\s+/);

test('guide › each key of the guide has one row, which names its variable', (t) => {
  const named = new Map(rows.map(([key = '', variable = '']) => [key.slice(1, -1), variable.slice(1, -1)]));
  t.is(named.size, rows.length, 'a key has two rows');
  t.deepEqual(
    keys.filter((key) => !named.has(key)),
    [],
  );
  t.deepEqual(
    [...named],
    guideKeys.map(({ key, variable }) => [key, variable]),
  );
});

test('guide › each variable is declared, and its default is that of the row', (t) => {
  for (const [key, variable = '', byDefault = ''] of rows) {
    const [name = '', entry] = variable.slice(1, -1).split('.');
    const option = options[name];
    t.truthy(option, `${key}: ${name} is declared`);
    if (entry !== undefined) t.true(Object.hasOwn(option?.options ?? {}, entry), `${key}: ${name} has the entry ${entry}`);
    const written = /^`([^`]*)`$/.exec(byDefault)?.[1];
    const value = option?.default;
    if (written !== undefined) t.is(typeof value === 'string' ? value : JSON.stringify(value), written, `${key}: default`);
  }
});

test('guide › each row names a test that there is', (t) => {
  for (const [key, , , shown = ''] of rows) {
    const [, file = '', title = ''] = /^`([^`]+)`: (.+)$/.exec(shown) ?? [];
    const path = join('test/e2e', file);
    t.true(file !== '' && existsSync(join(projectRoot, path)), `${key}: ${shown}`);
    t.true(read(path).includes(`'${title}'`), `${path} has no test "${title}"`);
  }
});

/** Everything that lint says with these variables. */
async function lint(variables: object, environment: Readonly<Record<string, string>> = {}): Promise<string> {
  const all = JSON.stringify({ matrix_admin_password: 'of-the-test', matrix_database_password: 'of-the-test', ...variables });
  const { exitCode, stdout } = await homerun(['lint', 'playbooks/synapse.yaml', '-i', 'inventory/example', '-e', all], { environment });
  return `${exitCode} ${stdout}`;
}

const wrong: readonly (readonly [what: string, variables: object, said: readonly RegExp[]])[] = [
  [
    'of mail',
    {
      matrix_email_smtp_host: 'mail.example.org',
      matrix_email_smtp_user: 'matrix',
      matrix_email_enable_tls: false,
      matrix_email_notif_from: '%(app) <a@b.c>',
      matrix_email_subjects: { password_reset: '50% weniger', email_validation: '%(room)s' },
    },
    [
      /settings\.email\.force_tls: it needs email\.enable_tls, which is false.*\n {2}Set email\.enable_tls: true/,
      /settings\.email\.require_transport_security: it needs email\.enable_tls/,
      /settings\.email\.smtp_user: there is no email\.smtp_pass for it/,
      /settings\.email\.notif_from: "%\(" in it makes every such mail fail\n {2}It may hold %\(app\)s/,
      /settings\.email\.subjects\.password_reset: "% " in it makes/,
      /settings\.email\.subjects\.email_validation: "%\(room\)s" in it makes/,
    ],
  ],
  [
    'of a captcha',
    { matrix_enable_registration: true, matrix_enable_registration_captcha: true },
    [/recaptcha_public_key is not set/, /recaptcha_private_key is not set/],
  ],
  ['of registration', { matrix_enable_registration: true }, [/settings\.enable_registration: anybody could make accounts without any verification/]],
  ['of addresses without mail', { matrix_registrations_require_3pid: ['email'] }, [/it demands an email address, but there is no email section/]],
  [
    'of Synapse as it was',
    {
      matrix_synapse_settings: {
        account_threepid_delegates: { email: 'https://vector.im' },
        experimental_features: { msc3861: { enabled: true } },
        listeners: [{ type: 'http', port: 8008, resources: [{ names: ['client', 'webclient'] }] }],
        max_upload_size: '50MB',
      },
    },
    [
      /settings\.account_threepid_delegates\.email: Synapse has it no longer.*\n.*set email/,
      /settings\.experimental_features\.msc3861: .*\n.*matrix_authentication_service/,
      /settings\.listeners\[0\]\.resources: .*\n.*webclient/,
      /settings\.max_upload_size: .*"50MB"\n {2}Write 50M\./,
    ],
  ],
  ['of a size', { matrix_max_upload_size: '50MB' }, [/matrix_max_upload_size wants a size .*"50MB"\)\n {2}Write 50M\./]],
  [
    'of a subject that there is not',
    { matrix_email_subjects: { pasword_reset: 'a' } },
    [/has no entry "pasword_reset"\n {2}Did you mean "password_reset"\?/],
  ],
];

for (const [what, variables, said] of wrong) {
  test(`guide › wrong values ${what} are explained before a host is contacted`, async (t) => {
    const output = await lint(variables);
    t.regex(output, /^1 /);
    for (const one of said) t.regex(output, one);
  });
}

const calls = { matrix_turn: true, matrix_turn_shared_secret: 'of-the-test-0123456789', matrix_rtc: true, matrix_rtc_secret: 'x'.repeat(32) };
const contradictions: readonly (readonly [settings: object, variable: string])[] = [
  [{ max_upload_size: '1G' }, 'matrix_max_upload_size'],
  [{ max_upload_size: null }, 'matrix_max_upload_size'],
  [{ public_baseurl: 'https://other.example.org/' }, 'matrix_public_baseurl'],
  [{ server_name: 'other.example.org' }, 'matrix_server_name'],
  [{ turn_uris: ['turn:other.example.org'] }, 'matrix_turn_uris'],
  [{ turn_shared_secret: 'of-somebody-else' }, 'matrix_turn_shared_secret'],
  [{ turn_shared_secret_path: '/data/other' }, 'matrix_turn_shared_secret'],
  [{ turn_username: 'a' }, 'matrix_turn_shared_secret'],
  [{ turn_password: 'b' }, 'matrix_turn_shared_secret'],
];

test('guide › a key of matrix_synapse_settings that contradicts a variable of nginx or coturn is told, and the variable named', async (t) => {
  for (const [settings, variable] of contradictions) {
    const [key = ''] = Object.keys(settings);
    const output = await lint({ ...calls, matrix_synapse_settings: settings });
    t.true(output.includes(`this fails: matrix_synapse_settings sets ${key}, and `), output);
    t.true(output.includes(variable), output);
    t.false(output.includes('of-somebody-else'));
  }
  const port = [{ port: 8009, type: 'http', resources: [{ names: ['client', 'federation'] }] }];
  t.regex(await lint({ matrix_listeners: port }), /this fails: matrix_listeners has no listener on port 8008/);
  t.regex(
    await lint({ matrix_synapse_settings: { listeners: port } }),
    /this fails: matrix_synapse_settings\.listeners has no listener on port 8008/,
  );
  t.regex(
    await lint({ matrix_listeners: port.map((one) => ({ ...one, port: 8008, tls: true })) }),
    /this fails: matrix_listeners has TLS on port 8008/,
  );
});

test('guide › secrets in matrix_synapse_settings are nothing to complain of, and none is shown where one contradicts', async (t) => {
  const secret = '{{ env "HIDDEN" }}';
  const environment = { HIDDEN: 'of-nobody-else' };
  t.regex(
    await lint({ ...calls, matrix_synapse_settings: { email: { smtp_pass: secret }, app_service_config_files: [secret] } }, environment),
    /^0 Nothing is wrong/,
  );
  const contradiction = await lint({ ...calls, matrix_synapse_settings: { turn_shared_secret: secret } }, environment);
  t.regex(contradiction, /this fails: .* sets turn_shared_secret, and/);
  t.false(contradiction.includes('of-nobody-else'));
});

test('guide › the same value, a TURN server elsewhere, and keys that Synapse alone reads are nothing to complain of', async (t) => {
  const same = {
    matrix_max_upload_size: '7M',
    matrix_public_baseurl: 'https://matrix.example.org/',
    matrix_synapse_settings: { max_upload_size: '7M', public_baseurl: 'https://matrix.example.org', session_lifetime: '24h' },
  };
  t.regex(await lint({ ...calls, ...same }), /^0 Nothing is wrong/);
  const elsewhere = { turn_uris: ['turn:other.example.org'], turn_shared_secret: 'of-somebody-else' };
  t.regex(await lint({ matrix_synapse_settings: elsewhere }), /^0 Nothing is wrong/);
});

test('guide › mail with Chinese subjects, sender and password, and a captcha, are nothing to complain of', async (t) => {
  t.regex(await lint({ ...otherValues(), matrix_templates_custom_template_directory: join(projectRoot, 'docs') }), /^0 Nothing is wrong/);
});
