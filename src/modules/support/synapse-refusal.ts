import type { SynapseValidation } from '../../questions/synapse-validation.ts';
import { TaskError } from '../../values/errors.ts';
import type { Secret } from '../../values/secret.ts';
import { knownKeys, nearestKey } from './synapse-keys.ts';
import { withoutSecrets } from './synapse-secrets.ts';

const manual = 'https://element-hq.github.io/synapse/latest/usage/configuration/config_documentation.html';

// What Synapse says, and what to do about it.
const advice: readonly (readonly [said: RegExp, hint: string])[] = [
  [
    /invalid literal for int\(\)/,
    'A size is a number of bytes, or a number with one capital letter: 50M, 1024M, 1G (not MB, not m); a duration has one small letter: 30s, 15m, 1h, 7d.',
  ],
  [/Bad duration suffix/, 'A duration is a number of milliseconds, or a number with one of s, m, h, d, w, y: 15m.'],
  [
    /open registration without any verification/,
    'Demand an email address (registrations_require_3pid), a token (registration_requires_token) or a captcha; enable_registration_without_verification: true opens the server to everybody.',
  ],
  [/requires email\.enable_tls/, 'Set email.enable_tls: true, or leave email.force_tls and email.require_transport_security out.'],
  [/has no attribute 'get'|must be a (?:dict|mapping)/i, 'A mapping is wanted there: settings below it, each with its own name.'],
  [/object is not iterable/, 'A list is wanted there.'],
  [
    /Read-only file system|No such file|Error accessing file/,
    'The file or folder must be there for Synapse. What is mounted beside /data is seen if it stands in the parameter volumes.',
  ],
];

/** Why the image does not take the configuration: names the keys, shows no secret. */
export function refusal(
  answer: Extract<SynapseValidation, { state: 'refused' }>,
  image: string,
  changed: readonly string[],
  secrets: readonly Secret[],
): TaskError {
  const reason = withoutSecrets(answer.reason.replaceAll(/\s+/g, ' ').trim(), secrets);
  const named = answer.keys.length > 0 ? answer.keys : changed.filter((key) => reason.includes(key));
  const keys = named.length > 0 ? named.join(', ') : 'one of the settings';
  const hint = advice.find(([said]) => said.test(reason))?.[1] ?? `See ${manual}${named[0] ? `#${named[0].split('.')[0]}` : ''}.`;
  return new TaskError(`homeserver.yaml: ${keys}: the Synapse of ${image} refuses it: ${reason}`, `${hint} Nothing was changed.`);
}

/**
 * Refuses a setting that Synapse does not have, which it would silently ignore.
 * @param unknown those of the declared keys at the top in which the image sees no setting; undefined when the image could not be asked: then only
 * what looks like a slip of the pen is refused, as a newer Synapse may well have a setting that is not known here.
 */
export function checkKeys(declared: readonly string[], unknown: readonly string[] | undefined): void {
  const suspects = declared.filter((key) => !knownKeys.has(key));
  const wrong = unknown ? suspects.filter((key) => unknown.includes(key)) : suspects.filter((key) => nearestKey(key) !== undefined);
  const [first] = wrong;
  if (first === undefined) return;
  const nearest = nearestKey(first);
  throw new TaskError(
    `homeserver.yaml: ${first}: Synapse has no such setting, and would silently ignore it`,
    nearest ? `Did you mean "${nearest}"?` : `Look it up in its manual: ${manual}.`,
  );
}
