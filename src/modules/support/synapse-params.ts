import * as z from 'zod';
import { Secret } from '../../values/secret.ts';
import { isMapping, type Value } from '../../values/vars.ts';
import { bool, line, listOf } from '../params.ts';
import type { Health } from './container-health.ts';
import { healthUrl, mountablePath } from './container-params.ts';
import { imageParameter, objectParameter } from './docker.ts';
import { settingProblems } from './synapse-checks.ts';

/** PyYAML refuses these, in a file and in the quotes of a file (its reader, NON_PRINTABLE), or takes them for line breaks (U+2028, U+2029). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
const unreadable = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufffe\uffff]|\p{Surrogate}/u;

/** Where in `value` a text stands that no YAML file can hold; undefined when all can. */
function unreadablePath(value: Value, path: readonly PropertyKey[] = []): readonly PropertyKey[] | undefined {
  const text = value instanceof Secret ? value.reveal() : value;
  if (typeof text === 'string') return unreadable.test(text) ? path : undefined;
  if (Array.isArray(value)) return firstOf(value.map((item: Value, index) => unreadablePath(item, [...path, index])));
  if (!isMapping(value)) return undefined;
  return firstOf(Object.entries(value).map(([key, item]) => (unreadable.test(key) ? [...path, key] : unreadablePath(item, [...path, key]))));
}

function firstOf<T>(values: readonly (T | undefined)[]): T | undefined {
  return values.find((value) => value !== undefined);
}

function holdsSecret(value: Value): boolean {
  if (value instanceof Secret) return true;
  if (Array.isArray(value)) return value.some((item: Value) => holdsSecret(item));
  return isMapping(value) && Object.values(value).some(holdsSecret);
}

const settingsMapping = () =>
  z.custom<{ readonly [key: string]: Value }>(isMapping, 'expected a mapping of settings').superRefine((value, context) => {
    const path = unreadablePath(value);
    if (path) context.addIssue({ code: 'custom', path: [...path], message: 'a control character, which no YAML file can hold' });
  });

const withoutSecrets = 'a log configuration is no place for a secret';

/** Names of homeservers: what stands behind the colon of a user id. Source: Matrix specification, appendices, server name. */
const serverName = () =>
  line()
    .refine((name) => /^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/.test(name), 'expected a domain, such as example.org')
    .refine((name) => name === name.toLowerCase(), 'expected a domain without capital letters: with them other servers do not find it');

/** When Synapse counts as working. */
export const synapseHealth = (timeoutSeconds: number) =>
  z
    .strictObject({
      url: listOf(healthUrl())
        .default(['http://127.0.0.1:8008/health', 'http://127.0.0.1:8008/_matrix/client/versions'])
        .describe('What must answer 2xx. Asked on the host, where curl or wget is there, else in the container.'),
      timeout: z.int().min(1).max(3600).default(timeoutSeconds).describe('Seconds until it counts as failed.'),
    })
    .prefault({});

/** A parameter for where Synapse listens. */
export const synapseUrl = () =>
  line()
    .refine((url) => /^https?:\/\/[^\s/]+\/?$/.test(url), 'expected a URL without a path')
    .default('http://127.0.0.1:8008')
    .describe('Where Synapse listens, as seen in its container.');

export function healthFrom({ url, timeout }: { readonly url: readonly string[]; readonly timeout: number }): Health {
  return { urls: url, timeoutSeconds: timeout };
}

export const synapseConfigParams = z.strictObject({
  data_folder: mountablePath().describe('The folder of the host that Synapse sees as /data.'),
  image: imageParameter().describe(
    'The image that shall run: it generates the first configuration, and checks each new one before it is put in place.',
  ),
  server_name: serverName().describe(
    'The domain of the homeserver. It cannot be changed later: another one in an existing homeserver.yaml is refused.',
  ),
  report_stats: bool().default(false).describe('Whether Synapse reports statistics about its use to its makers.'),
  settings: settingsMapping()
    .default({})
    .describe(
      'Settings of Synapse, as its manual names them, merged key by key into homeserver.yaml: mappings into mappings, everything else in place of what is there, null removes a key. What is not named stays as it is. `database` with another `name` replaces the whole section.',
    )
    .refine((settings) => !('server_name' in settings), { path: ['server_name'], message: 'use the parameter server_name of the module' })
    .refine((settings) => !('report_stats' in settings), { path: ['report_stats'], message: 'use the parameter report_stats of the module' })
    .superRefine((settings, context) => {
      for (const { path, problem, hint } of settingProblems({ settings, isWhole: false }))
        context.addIssue({ code: 'custom', path: [...path], message: problem, params: { hint } });
    }),
  log_config: z
    .union([settingsMapping(), z.string().min(1)], 'expected a mapping or text')
    .refine((value) => typeof value === 'string' || !holdsSecret(value), withoutSecrets)
    .refine((value) => typeof value === 'string' || value['version'] === 1, 'expected `version: 1`, as Python wants it (logging.config)')
    .optional()
    .describe('The whole log configuration, as a mapping or as text. Default: what is there, at first what the image generates.'),
  uid: z.int().min(0).default(991).describe('The number of the user that Synapse runs as.'),
  gid: z.int().min(0).default(991).describe('The number of its group.'),
  container: objectParameter()
    .optional()
    .describe('The container that is restarted after a change, if it runs, and must then answer. Default: nothing is restarted.'),
  volumes: listOf(line().refine((text) => /^[^:,]+:\/[^:,]*$/.test(text), 'expected SOURCE:TARGET'))
    .default([])
    .describe('Further mounts of the container, `SOURCE:TARGET`, so that the check of the configuration sees them (read-only).'),
  wait_healthy: synapseHealth(40).describe(
    'What must answer after the restart. When it does not, the old files are put back and Synapse is restarted with them.',
  ),
});

export type SynapseConfigParams = z.output<typeof synapseConfigParams>;
