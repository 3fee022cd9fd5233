import { TaskError } from '../../values/errors.ts';
import { isPlainMapping } from './yaml-edit.ts';

/** The meaning of a homeserver.yaml, as PyYAML would read it. */
export type Configuration = { readonly [key: string]: unknown };

/**
 * What Synapse's own check of its configuration is known not to see, looked for in the merged file: it would start and not work, or not start.
 * Seen with Synapse 1.163; the sources are the files of `synapse.config` and, for subjects, `synapse.push.mailer`.
 * @throws TaskError that names the key.
 */
export function checkConfiguration(configuration: Configuration): void {
  checkServerName(configuration['server_name']);
  for (const key of lists) checkList(configuration, key);
  checkCaptcha(configuration);
  checkVerificationByEmail(configuration);
  checkEmail(configuration['email']);
}

/** A loopback address: within a container only the container itself. */
const loopback = /^(?:127\.|::1$|localhost$)/;

/**
 * Looks whether the listeners are where a container is reached; else nobody would find Synapse, however well it ran.
 * @param ports what the container publishes, `[ADDRESS:]HOST-PORT:PORT/PROTOCOL`.
 * @throws TaskError
 */
export function checkListeners(configuration: Configuration, container: string, ports: readonly string[]): void {
  const { listeners } = configuration;
  const published = ports.flatMap((port) => /:(\d+)\/tcp$/.exec(port)?.[1] ?? []);
  if (!Array.isArray(listeners) || published.length === 0) return;
  const mappings = listeners.filter(isPlainMapping);
  // A socket file is reached in another way, and what is not understood is Synapse's to refuse.
  if (mappings.length < listeners.length || mappings.some((listener) => listener['path'] !== undefined)) return;
  const isReached = mappings.some((listener) => {
    const addresses: readonly unknown[] = [listener['bind_addresses'] ?? listener['bind_address'] ?? []].flat();
    const isOpen = addresses.length === 0 || addresses.some((address) => typeof address === 'string' && !loopback.test(address));
    return isOpen && published.includes(String(listener['port']));
  });
  if (isReached) return;
  throw refuse(
    'listeners',
    `the container ${container} publishes its port ${published.join(', ')}, and no listener is there for requests from outside of the container`,
    `Keep one with port: ${published[0]} and without bind_addresses; on which address and port of the host it is reached is a matter of the container's published_ports.`,
  );
}

// Text where a list is wanted is taken letter by letter, or breaks the first request that needs it.
const lists = [
  'app_service_config_files',
  'auto_join_rooms',
  'federation_certificate_verification_whitelist',
  'federation_custom_ca_list',
  'federation_domain_whitelist',
  'listeners',
  'modules',
  'next_link_domain_whitelist',
  'oidc_providers',
  'registrations_require_3pid',
  'trusted_key_servers',
  'turn_uris',
];

/** Host name or address and an optional port. Source: Matrix specification, appendices, server name. */
const serverNamePattern = /^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

function checkServerName(name: unknown): void {
  if (typeof name !== 'string' || !serverNamePattern.test(name))
    throw refuse(
      'server_name',
      `expected a domain, got ${shown(name)}`,
      'Write the domain that stands behind the colon of every user id: example.org.',
    );
  if (name !== name.toLowerCase())
    throw refuse('server_name', `${name} holds capital letters, with which other servers do not find it`, `Write ${name.toLowerCase()}.`);
}

function checkList(configuration: Configuration, key: string): void {
  const value = configuration[key];
  if (value === undefined || value === null || Array.isArray(value)) return;
  throw refuse(
    key,
    `expected a list, got ${shown(value)}`,
    `Write it as a list, even with one entry: ${key}: [${typeof value === 'string' ? value : '…'}].`,
  );
}

function checkCaptcha(configuration: Configuration): void {
  if (configuration['enable_registration_captcha'] !== true) return;
  for (const key of ['recaptcha_public_key', 'recaptcha_private_key']) {
    if (configuration[key] || configuration[`${key}_path`]) continue;
    throw refuse(
      'enable_registration_captcha',
      `it is on, but ${key} is not set: nobody could register`,
      `Get both keys from Google (reCAPTCHA v2, checkbox) and set ${key}, or switch the captcha off.`,
    );
  }
}

function checkVerificationByEmail(configuration: Configuration): void {
  const required = configuration['registrations_require_3pid'];
  if (!Array.isArray(required) || !required.includes('email') || isPlainMapping(configuration['email'])) return;
  throw refuse(
    'registrations_require_3pid',
    'it demands an email address, but there is no email section: Synapse does not start',
    'Set email (smtp_host, notif_from, …), or leave registrations_require_3pid out.',
  );
}

/** What each subject may name between `%(` and `)s`. */
const subjectNames: { readonly [subject: string]: readonly string[] } = {
  message_from_person_in_room: ['person', 'room', 'app'],
  message_from_person: ['person', 'app'],
  messages_from_person: ['person', 'app'],
  messages_in_room: ['room', 'app'],
  messages_in_room_and_others: ['room', 'app'],
  messages_from_person_and_others: ['person', 'app'],
  invite_from_person: ['person', 'app'],
  invite_from_person_to_room: ['person', 'room', 'app'],
  invite_from_person_to_space: ['person', 'space', 'app'],
  password_reset: ['server_name', 'app'],
  email_validation: ['server_name', 'app'],
  email_already_in_use: ['server_name', 'app'],
};

function checkEmail(email: unknown): void {
  if (!isPlainMapping(email)) return;
  if (typeof email['notif_from'] === 'string') checkPlaceholders('email.notif_from', email['notif_from'], ['app']);
  const port = email['smtp_port'];
  if (port !== undefined && port !== null && !(Number.isInteger(port) && Number(port) >= 1 && Number(port) <= 65_535)) {
    throw refuse('email.smtp_port', `expected a number of 1 to 65535, got ${shown(port)}`, 'Write it without quotes: smtp_port: 465.');
  }
  const { subjects } = email;
  if (!isPlainMapping(subjects)) return;
  for (const [subject, text] of Object.entries(subjects)) {
    const names = subjectNames[subject];
    const key = `email.subjects.${subject}`;
    if (!names) throw refuse(key, 'Synapse has no subject of that name, and would never use it', `It has: ${Object.keys(subjectNames).join(', ')}.`);
    if (typeof text !== 'string') throw refuse(key, `expected text, got ${shown(text)}`, 'Put it in quotes.');
    checkPlaceholders(key, text, names);
  }
}

/** Python formats these with `%` when the first mail is sent, and fails only then. */
function checkPlaceholders(key: string, text: string, names: readonly string[]): void {
  const allowed = names.map((name) => `%(${name})s`).join(', ');
  for (const [placeholder, name = ''] of text.matchAll(/%(?:%|\(([^)]*)\)s|.?)/gs)) {
    if (placeholder === '%%' || (placeholder.endsWith('s') && names.includes(name))) continue;
    throw refuse(
      key,
      `${JSON.stringify(placeholder)} in it makes every such mail fail`,
      `It may hold ${allowed}, with the s; a percent sign is written %%.`,
    );
  }
}

function refuse(key: string, problem: string, hint: string): TaskError {
  return new TaskError(`homeserver.yaml: ${key}: ${problem}`, hint);
}

function shown(value: unknown): string {
  return isPlainMapping(value) ? 'a mapping' : (JSON.stringify(value) ?? 'nothing');
}
