import { isDeepStrictEqual } from 'node:util';
import { TaskError } from '../../values/errors.ts';
import { isMapping } from '../../values/vars.ts';
import type { SynapseConfigParams } from './synapse-params.ts';
import { isPlainMapping, leavesNothing, mergeYaml, plainData, readYaml, type Settings, YamlError, type YamlFile } from './yaml-edit.ts';

/** A homeserver.yaml as it is and as it shall be. */
export interface Candidate {
  readonly before: string;
  readonly text: string;
  readonly data: YamlFile['data'];
  /** Names of the settings that differ, as `a.b`. */
  readonly changed: readonly string[];
}

/**
 * Merges the settings into what is there.
 * @throws TaskError when the file belongs to another homeserver, or cannot be read or edited.
 */
export function candidateOf(params: SynapseConfigParams, before: string): Candidate {
  const path = `${params.data_folder}/homeserver.yaml`;
  try {
    const { data } = readYaml(before);
    if (data['server_name'] !== params.server_name) throw foreign(path, data['server_name'], params.server_name);
    const settings = settingsOf(params, data);
    const text = mergeYaml(before, settings, replacedIn(data, settings));
    return { before, text, data: readYaml(text).data, changed: changedIn(data, settings) };
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw new TaskError(`${path} cannot be read as YAML: ${error.message}`, 'Put it right on the host; nothing was changed.');
  }
}

function foreign(path: string, is: unknown, wanted: string): TaskError {
  return new TaskError(
    `${path} belongs to the homeserver ${JSON.stringify(is ?? null)}, and this host is configured as ${JSON.stringify(wanted)}`,
    `The name of a homeserver cannot be changed: its users, rooms and keys hold it. Set server_name to ${JSON.stringify(is ?? null)}, or give a new homeserver a data_folder of its own.`,
  );
}

/** All that is declared, the module's own parameters included. */
export function settingsOf({ server_name, report_stats, settings, log_config }: SynapseConfigParams, data: YamlFile['data'] = {}): Settings {
  const needsLog = log_config !== undefined && data['log_config'] === undefined && settings['log_config'] === undefined;
  return { server_name, report_stats, ...(needsLog && { log_config: `/data/${server_name}.log.config` }), ...settings };
}

/** Another engine's arguments mean nothing to the new one. */
function replacedIn(data: YamlFile['data'], { database }: Settings): ReadonlySet<string> {
  const is = data['database'];
  const isOther = isMapping(database) && isPlainMapping(is) && typeof database['name'] === 'string' && database['name'] !== is['name'];
  return new Set(isOther ? ['database'] : []);
}

function changedIn(data: { readonly [key: string]: unknown }, settings: Settings, prefix = ''): readonly string[] {
  return Object.entries(settings).flatMap(([key, value]) => {
    const is = data[key];
    if (value === null) return key in data ? [prefix + key] : [];
    if (is === undefined && leavesNothing(value, plainData(value))) return [];
    if (isMapping(value) && isPlainMapping(is)) return changedIn(is, value, `${prefix}${key}.`);
    return isDeepStrictEqual(is, plainData(value)) ? [] : [prefix + key];
  });
}
