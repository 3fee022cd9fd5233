import * as z from 'zod';
import { content } from '../questions/content.ts';
import { file } from '../questions/file.ts';
import { ask } from '../questions/question.ts';
import { type SysctlAnswer, sysctl, sysctlKey } from '../questions/sysctl.ts';
import type { Change } from '../values/change.ts';
import { type Command, sh } from '../values/command.ts';
import { TaskError } from '../values/errors.ts';
import { defineModule } from './module.ts';
import { bool, line, path } from './params.ts';
import { attributeChanges, attributeParams } from './support/attributes.ts';
import { planWritten } from './support/edit-file.ts';
import { readableText } from './support/readable-text.ts';
import { settingIn, withoutSetting, withSetting } from './support/sysctl-lines.ts';

const trueWords = ['yes', 'on', 'true', 'y', 't'];
const falseWords = ['no', 'off', 'false', 'n', 'f'];

/** A value of one line, in which tabs may stand; what means true or false is 1 or 0. */
const value = () =>
  z.preprocess(
    (given) => (typeof given === 'number' ? String(given) : typeof given === 'boolean' ? (given ? '1' : '0') : given),
    z
      .string('expected text that is not secret')
      .transform((given) => given.trim())
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
      .refine((given) => given !== '' && !/[\u0000-\u0008\u000a-\u001f\u007f]/.test(given), 'expected one line of text')
      .transform((given) => (trueWords.includes(given.toLowerCase()) ? '1' : falseWords.includes(given.toLowerCase()) ? '0' : given)),
  );

const params = z
  .strictObject({
    name: line()
      .transform((name) => name.trim())
      .refine((name) => sysctlKey.test(name), 'expected the name of a kernel parameter, such as net.ipv4.ip_forward')
      .describe('The kernel parameter.'),
    value: value().optional().describe('Its value. Several are written with blanks between; `yes` and `no` are 1 and 0.'),
    state: z.enum(['present', 'absent']).default('present').describe('Whether the file shall set it. `absent` leaves the running value as it is.'),
    sysctl_file: path().default('/etc/sysctl.conf').describe('The file that sets it at each boot; it is made if it is not there.'),
    reload: bool().default(true).describe('Let the kernel take all values of the file when it changes, or when the running value differs.'),
    sysctl_set: bool().default(false).describe('Set the running value itself when it differs.'),
    ignoreerrors: bool().default(false).describe('Do not mind a parameter that the kernel does not know.'),
    ...attributeParams,
  })
  .refine(({ state, value: given }) => state === 'absent' || given !== undefined, 'expected value');

type Params = z.output<typeof params>;

export default defineModule({
  summary: 'Set a kernel parameter, now and for each boot, or take it out of its file.',
  params,
  examples: [
    {
      description: 'In a file of its own',
      task: 'sysctl:\n  name: net.ipv4.tcp_rmem\n  value: 4096 131072 8388608\n  sysctl_file: /etc/sysctl.d/90-network.conf',
    },
    { description: 'No longer set it', task: 'sysctl:\n  name: vm.swappiness\n  state: absent' },
  ],
  aliases: { key: 'name', val: 'value' },
  absent: {
    attributes: 'Use the module command with chattr(1).',
    unsafe_writes: 'Files are always replaced in one step.',
  },
  ask: ({ name, sysctl_file, state, reload, sysctl_set }) =>
    ask({
      file: file(sysctl_file, { follow: true }),
      content: content(sysctl_file),
      ...((reload || (sysctl_set && state === 'present')) && { running: sysctl(name) }),
    }),
  plan: (params, answers) => {
    const { name, value: wanted = '', state, sysctl_file, sysctl_set, reload } = params;
    const { file: found, running } = answers;
    const differs = running !== undefined && isDifferent(params, running);
    const old = readableText(sysctl_file, answers.content);
    const isWritten = state === 'present' ? settingIn(old, name) !== wanted : settingIn(old, name) !== undefined;
    const after = state === 'present' ? withSetting(old, name, wanted) : withoutSetting(old, name);
    const { owner, group, mode } = params;
    const written = isWritten
      ? planWritten(found.real, answers, { owner, group, mode, content: after, backup: false })
      : found.exists
        ? attributeChanges(found.real, params, found)
        : [];
    // A value that the kernel refuses is not to get into the file, as far as it is tried before.
    const set = sysctl_set && differs ? [kernelChange(summaryOf(params, running), sysctlCommand(params, sh`-w -- ${`${name}=${wanted}`}`))] : [];
    const isLoaded = reload && (isWritten || differs);
    const summary = differs && set.length === 0 ? summaryOf(params, running) : `load ${sysctl_file} into the kernel`;
    return [...set, ...written, ...(isLoaded ? [kernelChange(summary, sysctlCommand(params, sh`-p ${found.real}`))] : [])];
  },
  result: ({ name, value: wanted, state, sysctl_file }) => ({ name, state, sysctl_file, ...(wanted !== undefined && { value: wanted }) }),
});

/** Whether the running value is another. @throws TaskError where it cannot be known. */
function isDifferent({ name, value: wanted = '', state, ignoreerrors }: Params, running: SysctlAnswer): boolean {
  if (running.state === 'no sysctl')
    throw new TaskError('this host has no sysctl', 'Install it before (module apt, name: procps), or only write the file: reload: false.');
  if (state === 'absent') return false;
  if (running.state === 'present') return words(running.value) !== words(wanted);
  if (ignoreerrors) return false;
  throw new TaskError(
    `the kernel of this host has no parameter ${name}`,
    'Look at its name; load the kernel module that brings it before (modprobe); or say ignoreerrors: true.',
  );
}

/** Blanks between several values mean nothing: the kernel writes tabs. */
function words(text: string): string {
  return text.trim().split(/\s+/).join(' ');
}

function summaryOf({ name, value: wanted }: Params, running: SysctlAnswer): string {
  return `set ${name} to ${wanted}${running.state === 'present' ? ` (was ${words(running.value)})` : ''}`;
}

function kernelChange(summary: string, command: Command): Change {
  return { summary, commands: [command], writes: ['sysctl:*', 'facts:*'] };
}

/** sysctl(8) may end well although a value was refused: then only its words say so. */
function sysctlCommand({ ignoreerrors }: Params, { script }: Command): Command {
  return {
    script: `said=$(sysctl${ignoreerrors ? ' -e' : ''} ${script} 2>&1 >/dev/null) && case $said in *': Invalid argument'* | *': Read-only file system'*) false ;; esac || { printf '%s\\n' "$said" >&2; exit 1; }`,
  };
}
