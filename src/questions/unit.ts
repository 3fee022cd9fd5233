import { quote } from '../values/command.ts';
import type { Resource } from '../values/resource.ts';
import { outputLines } from './parts.ts';
import { type Question, type QuestionKind, question } from './question.ts';

export interface UnitParams {
  /** With its suffix. */
  readonly name: string;
}

/** One unit in systemd's words: systemctl(1) `show`. */
export interface UnitAnswer {
  /** The host runs systemd; else nothing of the rest is known. */
  readonly isSystemd: boolean;
  /** The unit's own name where `name` is an alias of it. */
  readonly id: string;
  /** `loaded`, `not-found`, `masked`, `bad-setting`, `error`. */
  readonly load: string;
  /** `active`, `inactive`, `failed`, `activating`, `deactivating`, `reloading`. */
  readonly active: string;
  /** `running`, `dead`, `exited`, `auto-restart`, … */
  readonly sub: string;
  /** `enabled`, `disabled`, `static`, `masked`, `alias`, `indirect`, `generated`, …; empty for what is not a file. */
  readonly file: string;
  /** Its files changed since systemd read them. */
  readonly needsReload: boolean;
  /** It does its work and ends (`Type=oneshot` without `RemainAfterExit`): it is never found running. */
  readonly runsOnce?: true;
  /** A script of System V init that starts at boot. */
  readonly hasStartLink: boolean;
  /** Of an `indirect` one: those that are enabled with it (`Also=`) are. */
  readonly hasEnabledOthers?: true;
}

const suffixes = ['service', 'socket', 'device', 'mount', 'automount', 'swap', 'target', 'path', 'timer', 'slice', 'scope'];

/** The unit's name with its suffix; `.service` where there is none. */
export function unitName(name: string): string {
  return suffixes.some((suffix) => name.endsWith(`.${suffix}`)) ? name : `${name}.service`;
}

/** Why `name` cannot be asked about, or undefined: systemd.unit(5), and a template is no unit. */
export function unitProblem(name: string): string | undefined {
  const full = unitName(name);
  if (!/^[A-Za-z0-9:_.\\@-]+$/.test(name) || full.length > 255 || full.startsWith('-'))
    return `expected the name of a unit (systemd-escape writes other characters), got ${JSON.stringify(name)}`;
  return full.includes('@.') ? `${full} is a template: name an instance, as in ${full.replace('@.', '@main.')}` : undefined;
}

/** The state of one unit. @param name `.service` is added where there is no suffix. @throws TypeError when it is not the name of a unit. */
export function unit(name: string): Question<UnitAnswer> {
  const problem = unitProblem(name);
  if (problem) throw new TypeError(problem);
  return question(unitKind, { name: unitName(name) });
}

/** What units come from: changes of these may change any of them. */
export const unitSources: readonly Resource[] = [
  'package:*',
  'file:/etc/systemd/system',
  'file:/run/systemd/system',
  'file:/usr/local/lib/systemd/system',
  'file:/usr/lib/systemd/system',
  'file:/lib/systemd/system',
];

const properties = ['Id', 'LoadState', 'ActiveState', 'SubState', 'UnitFileState', 'NeedDaemonReload', 'Type', 'RemainAfterExit'];

// systemctl prints one block for each name, in their order, with an empty line between two.
export const unitKind: QuestionKind<UnitParams, UnitAnswer> = {
  kind: 'unit',
  reads: ({ name }) => [`unit:${name}`, ...unitSources],
  aliases: ({ id }) => (id === '' ? [] : [`unit:${id}`]),
  script: (params) => `[ -d /run/systemd/system ] && command -v systemctl >/dev/null || { echo 'no systemd'; exit 0; }
show() { systemctl show --no-pager -p ${properties.join(',')} -- "$@" 2>/dev/null; }
enabled_others() { systemctl is-enabled -l -- "$1" 2>/dev/null | awk 'NR == 1 { first = $0 } END { exit !(first == "indirect" && NR > 1) }'; }
shown=$(show ${params.map(({ name }) => quote(name)).join(' ')})
printf '%s\\n' "$shown"
for name in ${params.map(({ name }) => quote(name.replace(/\.service$/, ''))).join(' ')}; do
  link=no
  for found in /etc/rc[2-5].d/S[0-9][0-9]"$name"; do if [ -e "$found" ]; then link=yes; fi; done
  case $shown in *UnitFileState=indirect*) if enabled_others "$name"; then link=others; fi ;; esac
  echo "link $link"
done`,
  split(output, params) {
    if (output === 'no systemd\n') return params.map(() => output);
    const lines = outputLines(output);
    const links = lines.slice(-params.length);
    const blocks = lines.slice(0, -params.length).join('\n').split('\n\n');
    if (blocks.length !== params.length || links.length !== params.length || !links.every((line) => line.startsWith('link ')))
      throw new Error(`systemctl described ${blocks.length} units where ${params.length} were asked for`);
    return blocks.map((block, index) => `${block}\n${links[index]}\n`);
  },
  parse(part, { name }) {
    const values = new Map(outputLines(part).map((line): [string, string] => [line.split('=')[0] ?? '', line.slice(line.indexOf('=') + 1)]));
    const isSystemd = part !== 'no systemd\n';
    if (isSystemd && !values.has('LoadState')) throw new Error(`systemctl printed something about ${name} that is not understood`);
    return {
      isSystemd,
      id: values.get('Id') ?? '',
      load: values.get('LoadState') ?? '',
      active: values.get('ActiveState') ?? '',
      sub: values.get('SubState') ?? '',
      file: values.get('UnitFileState') ?? '',
      ...(values.get('Type') === 'oneshot' && values.get('RemainAfterExit') === 'no' && { runsOnce: true as const }),
      needsReload: values.get('NeedDaemonReload') === 'yes',
      hasStartLink: values.has('link yes'),
      ...(values.has('link others') && { hasEnabledOthers: true as const }),
    };
  },
};
