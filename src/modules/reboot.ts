import * as z from 'zod';
import { boot, bootScript } from '../questions/boot.ts';
import { ask } from '../questions/question.ts';
import { type Command, explainsItself, raw, sh } from '../values/command.ts';
import { defineModule } from './module.ts';
import { line } from './params.ts';

const seconds = (least: number) => z.coerce.number().int().min(least).max(86_400);

/** Between asking for a restart at once and its beginning: the answer has to come through. */
const graceSeconds = 1;

export default defineModule({
  summary: 'Restart the host and wait until it is back: it is never "ok", so say with when whether it is needed.',
  params: z.strictObject({
    msg: line().default('Reboot initiated by homerun').describe('What those who are logged in on the host are told.'),
    pre_reboot_delay: seconds(0)
      .default(0)
      .describe('Seconds until it goes down, in whole minutes: less than 60 is at once. Those who are logged in are told before.'),
    post_reboot_delay: seconds(0).default(0).describe('Seconds after it has gone down until it is first looked for.'),
    reboot_timeout: seconds(1).default(600).describe('Seconds until the task fails, from when it goes down.'),
    connect_timeout: seconds(1).optional().describe("Seconds that one try to connect may take. Default: the inventory's."),
    test_command: line().default('whoami').describe('A command that ends with 0 when the host is ready for what follows.'),
  }),
  examples: [
    { description: 'Restart', task: 'reboot:\nbecome: true' },
    {
      description: 'Restart when a new kernel wants it, and wait for the database',
      task: 'reboot:\n  reboot_timeout: 900\n  test_command: systemctl is-active postgresql\nwhen: \'"new_kernel" in group_names\'',
    },
  ],
  absent: {
    boot_time_command: 'The boot id and the start of process 1 are compared.',
    reboot_command: 'Use the module shell for what restarts the host in another way, and then wait_for_connection.',
    search_paths: 'shutdown and reboot are looked for in PATH, /sbin and /usr/sbin.',
  },
  aliases: {
    pre_reboot_delay_sec: 'pre_reboot_delay',
    post_reboot_delay_sec: 'post_reboot_delay',
    reboot_timeout_sec: 'reboot_timeout',
    connect_timeout_sec: 'connect_timeout',
  },
  ask: () => ask({ boot: boot() }),
  plan: (params, { boot: before }) => {
    const minutes = Math.floor(params.pre_reboot_delay / 60);
    return [
      {
        summary: 'restart the host',
        commands: [goDown(minutes, params.msg)],
        writes: ['*'],
        opaque: true,
        waitsSeconds: minutes * 60 + graceSeconds + 1 + params.post_reboot_delay,
        reconnects: {
          timeoutSeconds: params.reboot_timeout,
          sleepSeconds: 5,
          connectSeconds: params.connect_timeout,
          signs: [
            { command: sh`[ "$(${raw(bootScript)})" != ${before} ]`, otherwise: 'it has not gone down' },
            { command: { script: params.test_command }, otherwise: `"${params.test_command}" does not end well` },
          ],
        },
      },
    ];
  },
  result: () => ({ rebooted: true }),
});

/** Asked for in a session of its own, a restart at once comes a moment later. reboot is what a system without shutdown(8) has. */
function goDown(minutes: number, message: string): Command {
  return sh`[ "$(id -u)" = 0 ] || { echo 'Only root can restart the host: say become: true.' >&2; exit ${explainsItself}; }
PATH=$PATH:/usr/sbin:/sbin
if [ ${minutes} -gt 0 ]; then shutdown -r +${minutes} ${message}
elif command -v shutdown; then setsid sh -c ${`sleep ${graceSeconds}; exec shutdown -r now "$1"`} sh ${message} </dev/null >/dev/null 2>&1 &
elif command -v reboot; then setsid sh -c ${`sleep ${graceSeconds}; exec reboot`} </dev/null >/dev/null 2>&1 &
else echo 'There is neither shutdown nor reboot on the host.' >&2; exit ${explainsItself}; fi >/dev/null`;
}
