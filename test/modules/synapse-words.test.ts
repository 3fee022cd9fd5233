import test from 'ava';
import { knownKeys, nearestKey } from '../../src/modules/support/synapse-keys.ts';
import { secretsIn, withoutSecrets } from '../../src/modules/support/synapse-secrets.ts';

const revealed = (text: string) => secretsIn(text).map((secret) => secret.reveal());

test('generated secrets, passwords and keys are found by their names, wherever they stand', (t) => {
  const text = `
registration_shared_secret: "reg~1"
macaroon_secret_key: mac2
form_secret: 'form3'
turn_shared_secret: turn4
worker_replication_secret: work5
recaptcha_private_key: capt6
recaptcha_public_key: public
email: {smtp_user: user, smtp_pass: mail7}
database: {args: {user: user, password: data8, passfile: /data/pass}}
redis: {password: redis9}
password_config: {enabled: true, pepper: pepp10, policy: {minimum_length: 15}}
oidc_providers:
- client_id: client
  client_secret: oidc11
  client_secret_path: /data/secret
  token_endpoint: https://example.org/token
- client_secret_jwt_key: {key: jwt12, jwt_header: {alg: ES256}}
sentry: {dsn: "https://key13@sentry"}
registration_shared_secret_path: /data/registration
refresh_token_lifetime: 24h
registration_requires_token: true
suppress_key_server_warning: true
`;
  const found = new Set(revealed(text));
  for (const secret of [
    'reg~1',
    'mac2',
    'form3',
    'turn4',
    'work5',
    'capt6',
    'mail7',
    'data8',
    'redis9',
    'pepp10',
    'oidc11',
    'jwt12',
    'https://key13@sentry',
  ])
    t.true(found.has(secret), secret);
  for (const plain of [
    'public',
    'user',
    '/data/pass',
    'client',
    '/data/secret',
    'https://example.org/token',
    '/data/registration',
    '24h',
    'true',
    '15',
  ])
    t.false(found.has(plain), plain);
});

test('a secret is found in the form in which it is written, too', (t) => {
  const text = 'smtp_pass: "a\\"b\\\\c"\npepper: |\n  first line\n  second line\nturn_password: &anchor hidden\nform_secret: *anchor\n';
  const masked = withoutSecrets(text, secretsIn(text));
  t.is(masked, 'smtp_pass: "***"\npepper: ***\nturn_password: &anchor ***\nform_secret: *anchor\n');
  const lines = text.split('\n').map((line) => withoutSecrets(line, secretsIn(text)));
  t.false(/first|second|hidden|a\\"b/.test(lines.join('\n')), lines.join('\n'));
});

test('no secret is looked for in a file that is none', (t) => {
  t.deepEqual(revealed(''), []);
  t.deepEqual(revealed('a: ['), []);
});

test('a slip of the pen has a nearest key, another word has none', (t) => {
  t.is(nearestKey('max_uplaod_size'), 'max_upload_size');
  t.is(nearestKey('enable-registration'), 'enable_registration');
  t.is(nearestKey('Public_Baseurl'), 'public_baseurl');
  t.is(nearestKey('recaptcha_enabled'), 'enable_registration_captcha');
  t.is(nearestKey('smtp_host'), 'email.smtp_host');
  t.is(nearestKey('x'), undefined);
  t.is(nearestKey(''), undefined);
});

test('every key of the guide is known', (t) => {
  const guide =
    'server_name pid_file listeners log_config media_store_path registration_shared_secret macaroon_secret_key form_secret signing_key_path report_stats trusted_key_servers suppress_key_server_warning presence public_baseurl serve_server_wellknown enable_registration enable_registration_without_verification enable_registration_captcha recaptcha_public_key recaptcha_private_key registrations_require_3pid allow_guest_access max_upload_size max_avatar_size federation_domain_whitelist allow_profile_lookup_over_federation user_directory database email oidc_providers templates turn_uris turn_shared_secret';
  t.deepEqual(
    guide.split(' ').filter((key) => !knownKeys.has(key)),
    [],
  );
});
