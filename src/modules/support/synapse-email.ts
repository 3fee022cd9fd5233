import { nearestOf } from './synapse-keys.ts';
import { type Configuration, isUnset, type LookedAt, type SettingProblem, wrongIf } from './synapse-setting.ts';
import { isPlainMapping, shown } from './yaml-edit.ts';

// What `synapse.config.emailconfig` and `synapse.config.push` of Synapse 1.163 read.
const keys = `
  add_threepid_template_failure_html add_threepid_template_html add_threepid_template_success_html add_threepid_template_text
  already_in_use_template_html app_name client_base_url enable_notifs enable_tls expiry_template_html expiry_template_text force_tls
  invite_client_location notif_delay_before_mail notif_for_new_users notif_from notif_template_html notif_template_text
  password_reset_template_failure_html password_reset_template_html password_reset_template_success_html password_reset_template_text
  redact_content registration_template_failure_html registration_template_html registration_template_success_html registration_template_text
  require_transport_security riot_base_url smtp_host smtp_pass smtp_port smtp_user subjects template_dir tlsname validation_token_lifetime
`
  .trim()
  .split(/\s+/);

/** What each subject may name between `%(` and `)s`. Source: `synapse.push.mailer`. */
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

/** What is wrong in the section `email`: Synapse would not start with it, or start and send no mail. */
export function emailProblems({ settings, isWhole }: LookedAt): readonly SettingProblem[] {
  const { email } = settings;
  if (!isPlainMapping(email)) return [];
  return [
    // What has long been in a file and does nothing is left alone.
    ...(isWhole ? [] : Object.entries(email).flatMap(([key, value]) => unknownKey(key, value))),
    ...portProblems(email['smtp_port']),
    ...['force_tls', 'require_transport_security'].flatMap((key) =>
      wrongIf(
        email[key] === true && email['enable_tls'] === false,
        ['email', key],
        'it needs email.enable_tls, which is false: Synapse does not start',
        `Set email.enable_tls: true, or email.${key}: false.`,
      ),
    ),
    ...wrongIf(
      Boolean(email['smtp_user']) && isUnset({ isWhole }, email, 'smtp_pass'),
      ['email', 'smtp_user'],
      'there is no email.smtp_pass for it: no mail could be sent',
      'Set email.smtp_pass, or leave email.smtp_user out where the mail server asks for no password.',
    ),
    ...senderProblems(email, isWhole),
    ...(isWhole ? [] : letterProblems(email)),
    ...subjectProblems(email['subjects']),
  ];
}

function unknownKey(key: string, value: unknown): readonly SettingProblem[] {
  const nearest = keys.includes(key) || value === null ? undefined : nearestOf(key, keys);
  return nearest === undefined
    ? []
    : [{ path: ['email', key], problem: 'Synapse has no such setting, and would silently ignore it', hint: `Did you mean "${nearest}"?` }];
}

function portProblems(port: unknown): readonly SettingProblem[] {
  const isPort = Number.isInteger(port) && Number(port) >= 1 && Number(port) <= 65_535;
  return wrongIf(
    port !== undefined && port !== null && !isPort,
    ['email', 'smtp_port'],
    `expected a number of 1 to 65535, got ${shown(port)}`,
    'Write it without quotes: smtp_port: 465.',
  );
}

function senderProblems(email: Configuration, isWhole: boolean): readonly SettingProblem[] {
  const path = ['email', 'notif_from'];
  const sender = email['notif_from'];
  const hint = 'Write it as people see it, with the address in brackets: "%(app)s <noreply@example.org>".';
  if (typeof sender !== 'string' || sender === '')
    return wrongIf(isUnset({ isWhole }, email, 'notif_from'), path, 'mails need a sender: Synapse does not start without', hint);
  return [...placeholderProblems(path, sender, ['app']), ...wrongIf(!sender.includes('@'), path, `there is no address in ${shown(sender)}`, hint)];
}

/** Synapse encodes a sender that is not ASCII as a whole: the address is in it, and no longer seen. */
function letterProblems(email: Configuration): readonly SettingProblem[] {
  const { notif_from: sender, app_name: app } = email;
  if (typeof sender !== 'string') return [];
  const whole = typeof app === 'string' ? sender.replaceAll('%(app)s', app) : sender;
  const [, name = '', address = ''] = /^(.*?)\s*(<[^<>]*>)?$/s.exec(whole) ?? [];
  return wrongIf(
    /[^ -~]/.test(whole),
    ['email', 'notif_from'],
    `Synapse would encode the address in it along with the name, as not all letters are ASCII (${shown(name)}): mail servers refuse that`,
    `Write it encoded: "=?utf-8?b?${Buffer.from(name).toString('base64')}?= ${address}".`,
  );
}

function subjectProblems(subjects: unknown): readonly SettingProblem[] {
  if (!isPlainMapping(subjects)) return [];
  return Object.entries(subjects).flatMap(([subject, text]) => {
    const path = ['email', 'subjects', subject];
    const names = subjectNames[subject];
    if (text === null) return [];
    if (!names)
      return [
        { path, problem: 'Synapse has no subject of that name, and would never use it', hint: `It has: ${Object.keys(subjectNames).join(', ')}.` },
      ];
    if (typeof text !== 'string') return [{ path, problem: `expected text, got ${shown(text)}`, hint: 'Put it in quotes.' }];
    return placeholderProblems(path, text, names);
  });
}

/** Python formats these with `%` when the first mail is sent, and fails only then. */
function placeholderProblems(path: SettingProblem['path'], text: string, names: readonly string[]): readonly SettingProblem[] {
  const allowed = names.map((name) => `%(${name})s`).join(', ');
  const found = [...text.matchAll(/%(?:%|\(([^)]*)\)s|.?)/gs)].find(
    ([placeholder, name = '']) => placeholder !== '%%' && !(placeholder.endsWith('s') && names.includes(name)),
  );
  return found
    ? [
        {
          path,
          problem: `${JSON.stringify(found[0])} in it makes every such mail fail`,
          hint: `It may hold ${allowed}, with the s; a percent sign is written %%.`,
        },
      ]
    : [];
}
