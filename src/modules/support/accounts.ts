import type { Command } from '../../values/command.ts';
import { line } from '../params.ts';

/** The name of a user or group, as useradd(8) takes it. */
export const accountName = () =>
  line().refine(
    (name) => /^[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?$/.test(name),
    'expected the name of an account: letters, digits, _ . -, beginning with a letter or _',
  );

/** `command`, or a clear word where the host has no such program. */
export function withTool(tool: string, command: Command): Command {
  return {
    ...command,
    script: `command -v ${tool} >/dev/null || { echo 'this host has no ${tool}: install the package that holds it (Debian: passwd; Alpine: shadow)' >&2; exit 127; }\n${command.script}`,
  };
}
