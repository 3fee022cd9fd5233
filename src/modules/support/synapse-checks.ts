import { TaskError } from '../../values/errors.ts';
import { emailProblems } from './synapse-email.ts';
import { nearestOf } from './synapse-keys.ts';
import { removedProblems } from './synapse-removed.ts';
import { type Configuration, isUnset, type LookedAt, type SettingProblem, wrongIf } from './synapse-setting.ts';
import { isPlainMapping, shown } from './yaml-edit.ts';

/**
 * What is wrong with settings of Synapse as far as it can be known without it: it would not start, or start and not work. Its own check of its
 * configuration is known not to see most of this. Seen with Synapse 1.163; the sources are the files of `synapse.config`.
 */
export function settingProblems(lookedAt: LookedAt): readonly SettingProblem[] {
  const { settings } = lookedAt;
  return [
    ...lists.flatMap((key) => listProblems(settings, key)),
    ...sizes.flatMap((key) => sizeProblems(settings, key)),
    ...captchaProblems(lookedAt),
    ...verificationProblems(lookedAt),
    ...emailProblems(lookedAt),
    ...(lookedAt.isWhole ? [] : directoryProblems(settings['user_directory'])),
    ...removedProblems(lookedAt),
  ];
}

/**
 * Looks at a whole homeserver.yaml.
 * @throws TaskError that names the first key that is wrong.
 */
export function checkConfiguration(configuration: Configuration): void {
  const [first] = [...nameProblems(configuration['server_name']), ...settingProblems({ settings: configuration, isWhole: true })];
  if (first) throw refuse(first.path.join('.'), first.problem, first.hint);
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

function nameProblems(name: unknown): readonly SettingProblem[] {
  const path = ['server_name'];
  if (typeof name !== 'string' || !serverNamePattern.test(name))
    return [
      {
        path,
        problem: `expected a domain, got ${shown(name)}`,
        hint: 'Write the domain that stands behind the colon of every user id: example.org.',
      },
    ];
  const small = name.toLowerCase();
  return wrongIf(name !== small, path, `${name} holds capital letters, with which other servers do not find it`, `Write ${small}.`);
}

function listProblems(settings: Configuration, key: string): readonly SettingProblem[] {
  const value = settings[key];
  return wrongIf(
    value !== undefined && value !== null && !Array.isArray(value),
    [key],
    `expected a list, got ${shown(value)}`,
    `Write it as a list, even with one entry: ${key}: [${typeof value === 'string' ? value : '…'}].`,
  );
}

const sizes = ['max_upload_size', 'max_avatar_size', 'max_image_pixels', 'max_spider_size'];

function sizeProblems(settings: Configuration, key: string): readonly SettingProblem[] {
  const value = settings[key];
  if (value === undefined || value === null || Number.isInteger(value)) return [];
  const [, digits, letter] = (typeof value === 'string' && /^(\d+)\s*([kmgt]?)/i.exec(value)) || [];
  return wrongIf(
    typeof value !== 'string' || !/^\d+[KMGT]?$/.test(value),
    [key],
    `expected a number of bytes, or a number with one capital letter, such as 50M, got ${shown(value)}`,
    digits === undefined ? 'Write 50M.' : `Write ${digits}${letter?.toUpperCase()}.`,
  );
}

function captchaProblems({ settings, isWhole }: LookedAt): readonly SettingProblem[] {
  if (settings['enable_registration_captcha'] !== true) return [];
  const missing = ['recaptcha_public_key', 'recaptcha_private_key'].filter(
    (key) => isUnset({ isWhole }, settings, key) && isUnset({ isWhole }, settings, `${key}_path`),
  );
  return missing.map((key) => ({
    path: ['enable_registration_captcha'],
    problem: `it is on, but ${key} is not set: nobody could register`,
    hint: `Get both keys from Google (reCAPTCHA v2, checkbox) and set ${key}, or switch the captcha off.`,
  }));
}

/** What a registration can be made to show. */
const verifications = ['enable_registration_captcha', 'registrations_require_3pid', 'registration_requires_token'];

function verificationProblems({ settings, isWhole }: LookedAt): readonly SettingProblem[] {
  const { enable_registration: isOpen, registrations_require_3pid: required, email } = settings;
  const isOff = (key: string) => isUnset({ isWhole }, settings, key) || isEmptyList(settings[key]);
  const byEmail = Array.isArray(required) && required.includes('email');
  return [
    ...wrongIf(
      isOpen === true && [...verifications, 'enable_registration_without_verification'].every(isOff),
      ['enable_registration'],
      'anybody could make accounts without any verification, as spammers do: Synapse does not start with that',
      'Demand an email address (registrations_require_3pid: [email]), a token (registration_requires_token: true) or a captcha (enable_registration_captcha: true); enable_registration_without_verification: true opens the server to everybody.',
    ),
    ...wrongIf(
      byEmail && !isPlainMapping(email) && isUnset({ isWhole }, settings, 'email'),
      ['registrations_require_3pid'],
      'it demands an email address, but there is no email section: Synapse does not start',
      'Set email (smtp_host, notif_from, …), or leave registrations_require_3pid out.',
    ),
  ];
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

const directoryKeys = ['enabled', 'exclude_remote_users', 'prefer_local_users', 'search_all_users', 'show_locked_users'];

function directoryProblems(directory: unknown): readonly SettingProblem[] {
  if (!isPlainMapping(directory)) return [];
  return Object.keys(directory).flatMap((key) => {
    const nearest = directoryKeys.includes(key) ? undefined : nearestOf(key, directoryKeys);
    return wrongIf(
      nearest !== undefined,
      ['user_directory', key],
      'Synapse has no such setting, and would silently ignore it',
      `Did you mean "${nearest}"?`,
    );
  });
}

function refuse(key: string, problem: string, hint: string): TaskError {
  return new TaskError(`homeserver.yaml: ${key}: ${problem}`, hint);
}
