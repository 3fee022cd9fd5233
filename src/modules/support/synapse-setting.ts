/** The meaning of a homeserver.yaml, as PyYAML would read it. */
export type Configuration = { readonly [key: string]: unknown };

/** Settings that are looked at before Synapse sees them. */
export interface LookedAt {
  readonly settings: Configuration;
  /** Whether that is all of a homeserver.yaml. Else others may be on the host, and only what is null is known not to be set. */
  readonly isWhole: boolean;
}

/** What is wrong with a setting. */
export interface SettingProblem {
  /** The keys, and indexes of lists, that lead to it. */
  readonly path: readonly (string | number)[];
  readonly problem: string;
  readonly hint: string;
}

/** Whether `key` is known to have no value in `mapping`, which is the settings or a section of them. */
export function isUnset({ isWhole }: Pick<LookedAt, 'isWhole'>, mapping: Configuration, key: string): boolean {
  return !mapping[key] && (isWhole || Object.hasOwn(mapping, key));
}

/** A problem, or none: to be spread into a list. */
export function wrongIf(isWrong: boolean, path: SettingProblem['path'], problem: string, hint: string): readonly SettingProblem[] {
  return isWrong ? [{ path, problem, hint }] : [];
}
