import type { LookedAt, SettingProblem } from './synapse-setting.ts';
import { isPlainMapping } from './yaml-edit.ts';

/** A setting that older versions of Synapse had. */
interface Removed {
  readonly path: SettingProblem['path'];
  /** What to do instead. */
  readonly instead: string;
  /** Synapse does not start with it. Else it says nothing, and the setting has no effect. */
  readonly stops?: true;
}

const removed: readonly Removed[] = [
  {
    path: ['account_threepid_delegates', 'email'],
    instead: 'Synapse sends these mails itself: leave it out, and set email (smtp_host, notif_from, …).',
    stops: true,
  },
  {
    path: ['experimental_features', 'msc3861'],
    instead: 'Write matrix_authentication_service: {enabled: true, endpoint: …, secret_path: …} at the top instead.',
    stops: true,
  },
  {
    path: ['trust_identity_server_for_password_resets'],
    instead: 'Synapse sends these mails itself: leave it out, and set email (smtp_host, notif_from, …).',
    stops: true,
  },
  { path: ['invite_3pid_guest'], instead: 'Leave it out.', stops: true },
  { path: ['log_file'], instead: 'Leave it out: where Synapse logs to is said by the log configuration (log_config).', stops: true },
  { path: ['acme'], instead: 'Leave it out: certificates are a matter of the web server in front of Synapse.' },
  { path: ['tls_fingerprints'], instead: 'Leave it out.' },
  { path: ['tls_dh_params_path'], instead: 'Leave it out.' },
  { path: ['web_client'], instead: 'Leave it out: a web client is served by a web server (web_client_location leads there).' },
  { path: ['captcha_ip_origin_is_x_forwarded'], instead: 'Write x_forwarded: true into the listener.' },
  { path: ['captcha_bypass_secret'], instead: 'Leave it out: the shared secret of registration makes accounts without a captcha.' },
  { path: ['expire_access_token'], instead: 'Write session_lifetime or refreshable_access_token_lifetime.' },
  { path: ['enable_group_creation'], instead: 'Leave it out: groups are spaces today, which need no setting.' },
  { path: ['group_creation_prefix'], instead: 'Leave it out: groups are spaces today, which need no setting.' },
  { path: ['experimental_features', 'groups_enabled'], instead: 'Leave it out: groups are spaces today, which need no setting.' },
  { path: ['saml2_enabled'], instead: 'Write saml2_config: {enabled: true, …}.' },
];

/** Settings that Synapse has no longer, each with what replaced it. In a file that has long been there, what has no effect is left alone. */
export function removedProblems({ settings, isWhole }: LookedAt): readonly SettingProblem[] {
  const named = removed.filter(({ path, stops }) => (stops || !isWhole) && isSet(valueAt(settings, path)));
  return [...named.map(problemOf), ...listenerProblems(settings['listeners'])];
}

function valueAt(settings: unknown, path: SettingProblem['path']): unknown {
  return path.reduce<unknown>((value, key) => (isPlainMapping(value) ? value[key] : undefined), settings);
}

/** Synapse itself takes false and nothing as if the setting were not there. */
function isSet(value: unknown): boolean {
  return isPlainMapping(value) ? Object.keys(value).length > 0 : Boolean(value);
}

function problemOf({ path, instead, stops }: Removed): SettingProblem {
  return { path, problem: `Synapse has it no longer, and ${stops ? 'does not start with it' : 'would silently ignore it'}`, hint: instead };
}

function listenerProblems(listeners: unknown): readonly SettingProblem[] {
  if (!Array.isArray(listeners)) return [];
  return listeners.filter(isPlainMapping).flatMap(({ type, resources }, index) => {
    const path = ['listeners', index];
    const names = Array.isArray(resources) ? resources.filter(isPlainMapping).flatMap(({ names }) => names) : [];
    const isReplication = type === 'replication';
    return [
      ...(isReplication
        ? [problemOf({ path: [...path, 'type'], instead: 'Write type: http and resources: [{names: [replication]}].', stops: true })]
        : []),
      ...(names.includes('webclient')
        ? [
            problemOf({
              path: [...path, 'resources'],
              instead: 'Take webclient out of names: a web client is served by a web server.',
              stops: true,
            }),
          ]
        : []),
    ];
  });
}
