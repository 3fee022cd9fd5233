// Every key of homeserver.yaml that the guide sets (docs/guide.md), what our variable for it is, and what Synapse then works with.

import type { Value } from '../../src/values/vars.ts';

export interface GuideKey {
  /** As the guide writes it, sections with dots. */
  readonly key: string;
  /** Our variable; behind a dot an entry of it. */
  readonly variable: string;
  /** What Synapse works with, in Python: `config` is its effective configuration, `file` the homeserver.yaml. */
  readonly read: string;
  /** What that is when the variable is not set. Left out where it is Synapse's own text. */
  readonly byDefault?: Value;
  /** Another value for the variable. */
  readonly set?: Value;
  /** What Synapse works with then; default: that value. */
  readonly whenSet?: Value;
}

const serverName = 'guide.lab.test';
const inFile = (key: string, attribute: string) => `"generated" if "${key}" in file else ${attribute}`;
const email = (key: string, byDefault: Value, set: Value, attribute = `email_${key}`, whenSet: Value = set): GuideKey => ({
  key: `email.${key}`,
  variable: `matrix_email_${key}`,
  read: `getattr(config.email, "${attribute}", None)`,
  byDefault,
  set,
  whenSet,
});
const subject = (name: string, set: string): GuideKey => ({
  key: `email.subjects.${name}`,
  variable: `matrix_email_subjects.${name}`,
  read: `config.email.email_subjects.${name}`,
  set,
});
const flag = (key: string, section: string, byDefault: boolean, set = !byDefault): GuideKey => ({
  key,
  variable: `matrix_${key}`,
  read: `config.${section}.${key}`,
  byDefault,
  set,
});
const directory = (key: string, attribute: string, byDefault: boolean): GuideKey => ({
  key: `user_directory.${key}`,
  variable: `matrix_user_directory_${key}`,
  read: `config.userdirectory.${attribute}`,
  byDefault,
  set: !byDefault,
});

/** In the order of the guide. */
export const guideKeys: readonly GuideKey[] = [
  { key: 'server_name', variable: 'matrix_server_name', read: 'config.server.server_name', byDefault: serverName },
  {
    key: 'pid_file',
    variable: 'matrix_pid_file',
    read: 'config.server.pid_file',
    byDefault: '/data/homeserver.pid',
    set: '/data/other.pid',
  },
  {
    key: 'listeners',
    variable: 'matrix_listeners',
    read: '[[l.port, l.tls, l.http_options.x_forwarded, sorted(n for r in l.http_options.resources for n in r.names)] for l in config.server.listeners]',
    byDefault: [[8008, false, true, ['client', 'federation']]],
    set: [{ port: 8008, tls: false, type: 'http', x_forwarded: true, resources: [{ names: ['client', 'federation', 'openid'], compress: false }] }],
    whenSet: [[8008, false, true, ['client', 'federation', 'openid']]],
  },
  {
    key: 'log_config',
    variable: 'matrix_log_config',
    read: 'yaml.safe_load(open(config.logging.log_config))["root"]["level"]',
    byDefault: 'INFO',
    set: {
      version: 1,
      handlers: { console: { class: 'logging.StreamHandler' } },
      root: { level: 'WARNING', handlers: ['console'] },
      disable_existing_loggers: false,
    },
    whenSet: 'WARNING',
  },
  {
    key: 'media_store_path',
    variable: 'matrix_media_store_path',
    read: 'config.media.media_store_path',
    byDefault: '/data/media_store',
    set: '/data/files',
  },
  {
    key: 'registration_shared_secret',
    variable: 'matrix_registration_shared_secret',
    read: inFile('registration_shared_secret', 'config.registration.registration_shared_secret'),
    byDefault: 'generated',
    set: 'registration-Ä-secret',
  },
  {
    key: 'macaroon_secret_key',
    variable: 'matrix_macaroon_secret_key',
    read: inFile('macaroon_secret_key', 'config.key.macaroon_secret_key.decode()'),
    byDefault: 'generated',
    set: 'macaroon-secret',
  },
  {
    key: 'form_secret',
    variable: 'matrix_form_secret',
    read: inFile('form_secret', 'config.key.form_secret'),
    byDefault: 'generated',
    set: 'form-secret',
  },
  {
    key: 'signing_key_path',
    variable: 'matrix_signing_key_path',
    read: 'file["signing_key_path"]',
    byDefault: `/data/${serverName}.signing.key`,
    set: '/data/moved.signing.key',
  },
  flag('report_stats', 'metrics', false),
  {
    key: 'trusted_key_servers',
    variable: 'matrix_trusted_key_servers',
    read: '[s.server_name for s in config.key.key_servers]',
    byDefault: ['matrix.org'],
    set: [{ server_name: 'keys.example.net' }],
    whenSet: ['keys.example.net'],
  },
  {
    key: 'suppress_key_server_warning',
    variable: 'matrix_suppress_key_server_warning',
    read: 'file["suppress_key_server_warning"]',
    byDefault: true,
    set: false,
  },
  { key: 'presence.enabled', variable: 'matrix_presence_enabled', read: 'config.server.presence_enabled', byDefault: true, set: false },
  {
    key: 'public_baseurl',
    variable: 'matrix_public_baseurl',
    read: 'config.server.public_baseurl',
    byDefault: `https://${serverName}/`,
    set: `https://${serverName}:443/`,
  },
  flag('serve_server_wellknown', 'server', false),
  flag('enable_registration', 'registration', false),
  flag('enable_registration_without_verification', 'registration', false),
  flag('enable_registration_captcha', 'captcha', false),
  {
    key: 'recaptcha_public_key',
    variable: 'matrix_recaptcha_public_key',
    read: 'config.captcha.recaptcha_public_key',
    byDefault: null,
    set: 'public-key',
  },
  {
    key: 'recaptcha_private_key',
    variable: 'matrix_recaptcha_private_key',
    read: 'config.captcha.recaptcha_private_key',
    byDefault: null,
    set: 'captcha-secret',
  },
  {
    key: 'registrations_require_3pid',
    variable: 'matrix_registrations_require_3pid',
    read: 'config.registration.registrations_require_3pid',
    byDefault: [],
    set: ['email'],
  },
  flag('allow_guest_access', 'registration', false),
  {
    key: 'max_upload_size',
    variable: 'matrix_max_upload_size',
    read: 'config.media.max_upload_size',
    byDefault: 50 * 1024 ** 2,
    set: '1024M',
    whenSet: 1024 ** 3,
  },
  {
    key: 'max_avatar_size',
    variable: 'matrix_max_avatar_size',
    read: 'config.server.max_avatar_size',
    byDefault: 10 * 1024 ** 2,
    set: '12M',
    whenSet: 12 * 1024 ** 2,
  },
  {
    key: 'federation_domain_whitelist',
    variable: 'matrix_federation_domain_whitelist',
    read: 'config.federation.federation_domain_whitelist and sorted(config.federation.federation_domain_whitelist)',
    byDefault: null,
    set: ['friends.example.net'],
  },
  flag('allow_profile_lookup_over_federation', 'federation', false),
  directory('enabled', 'user_directory_search_enabled', true),
  directory('search_all_users', 'user_directory_search_all_users', false),
  directory('prefer_local_users', 'user_directory_search_prefer_local_users', false),
  directory('show_locked_users', 'show_locked_users', false),
  { key: 'database', variable: 'matrix_database', read: 'config.database.databases[0].config["name"]', byDefault: 'sqlite3' },
  email('smtp_host', 'localhost', 'mail.lab.test'),
  email('smtp_port', 25, 465),
  email('smtp_user', null, 'matrix@mail.lab.test'),
  email('smtp_pass', null, 'pa"ss\\word %(x)s 密码'),
  email('force_tls', false, true, 'force_tls'),
  email('require_transport_security', false, true, 'require_transport_security'),
  email('enable_tls', true, true, 'enable_smtp_tls'),
  email('notif_from', null, '%(app)s 团队 <matrix@mail.lab.test>', 'email_notif_from', encoded('我们的聊天 团队')),
  email('enable_notifs', false, true),
  email('notif_for_new_users', null, false),
  email('client_base_url', null, 'https://chat.example.net/element', 'email_riot_base_url'),
  email('validation_token_lifetime', 3_600_000, '15m', 'email_validation_token_lifetime', 900_000),
  email('invite_client_location', null, 'https://chat.example.net', 'invite_client_location'),
  {
    key: 'templates.custom_template_directory',
    variable: 'matrix_templates_custom_template_directory',
    read: 'config.server.custom_template_directory',
    byDefault: null,
    // A folder that the test makes.
    set: 'templates',
    whenSet: '/data/homerun.templates',
  },
  subject('message_from_person_in_room', '[%(app)s] 您收到来自 %(person)s 在 %(room)s 房间的消息…'),
  subject('message_from_person', '[%(app)s] 您收到来自 %(person)s 的消息…'),
  subject('messages_from_person', '[%(app)s] 您收到来自 %(person)s 的多条消息…'),
  subject('messages_in_room', '[%(app)s] 您在 %(room)s 房间有新消息…'),
  subject('messages_in_room_and_others', '[%(app)s] 您在 %(room)s 等房间有新消息…'),
  subject('messages_from_person_and_others', '[%(app)s] 您收到来自 %(person)s 等人的消息…'),
  subject('invite_from_person_to_room', '[%(app)s] %(person)s 邀请您加入 %(room)s 房间…'),
  subject('invite_from_person', '[%(app)s] %(person)s 邀请您聊天…'),
  subject('password_reset', '[%(server_name)s] 密码重置 🔑'),
  subject('email_validation', '[%(server_name)s] 验证您的电子邮件，100%% 免费'),
  // Synapse has these as well, and the guide does not name them.
  subject('invite_from_person_to_space', '[%(app)s] %(person)s 邀请您加入 %(space)s 空间…'),
  subject('email_already_in_use', '[%(server_name)s] 该电子邮件已被使用'),
  email('app_name', 'Matrix', '我们的聊天'),
  { key: 'oidc_providers', variable: 'matrix_oidc_providers', read: '[p.idp_id for p in config.oidc.oidc_providers]', byDefault: [] },
];

/** A sender whose name is not ASCII, as mail servers want it (RFC 2047). */
function encoded(name: string): string {
  return `=?utf-8?b?${Buffer.from(name).toString('base64')}?= <matrix@mail.lab.test>`;
}

/** The variables of all keys with those other values, entries together in their mapping. */
export function otherValues(): { readonly [variable: string]: Value } {
  const values: Record<string, Value> = {};
  for (const { variable, set } of guideKeys) {
    if (set === undefined) continue;
    const [name = '', entry] = variable.split('.');
    values[name] = entry === undefined ? set : { ...(values[name] as object | undefined), [entry]: set };
  }
  return values;
}
