import * as z from 'zod';
import { ask } from '../questions/question.ts';
import { type UnitAnswer, unit, unitName, unitProblem } from '../questions/unit.ts';
import { unitFiles } from '../questions/unit-files.ts';
import type { Change } from '../values/change.ts';
import { type Command, quote, sh } from '../values/command.ts';
import { TaskError } from '../values/errors.ts';
import { defineModule } from './module.ts';
import { bool, line } from './params.ts';

const params = z
  .strictObject({
    name: line()
      .superRefine((name, context) => {
        const problem = unitProblem(name);
        if (problem) context.addIssue({ code: 'custom', message: problem });
      })
      .optional()
      .describe('The unit; `.service` is added where there is no suffix.'),
    state: z
      .enum(['started', 'stopped', 'restarted', 'reloaded'])
      .optional()
      .describe('`started` and `stopped` change only what is not so; `restarted` and `reloaded` always act.'),
    enabled: bool().optional().describe('Whether it starts at boot.'),
    masked: bool().optional().describe('Whether it is masked, so that nothing can start it.'),
    daemon_reload: bool().default(false).describe('Let systemd read its files again if any of them changed; before everything else.'),
  })
  .refine(({ name, daemon_reload }) => name !== undefined || daemon_reload, 'expected the name of a unit')
  .refine(
    ({ name, state, enabled, masked }) => name !== undefined || (state === undefined && enabled === undefined && masked === undefined),
    'expected the name of a unit',
  );

type Params = z.output<typeof params>;

/** A unit that systemd always has, to ask about systemd itself. */
const anyUnit = 'basic.target';

const running = ['active', 'activating', 'reloading', 'refreshing'];

export default defineModule({
  summary: 'Start, stop, restart, reload, enable or mask a systemd unit.',
  params,
  examples: [
    { description: 'Running now and after every boot', task: 'systemd:\n  name: nginx\n  state: started\n  enabled: true' },
    { description: 'Use a unit file that has just changed', task: 'systemd:\n  name: app.service\n  state: restarted\n  daemon_reload: true' },
  ],
  aliases: { service: 'name', unit: 'name', 'daemon-reload': 'daemon_reload' },
  absent: {
    scope: 'Units of users are not supported; use the module command with systemctl --user.',
    daemon_reexec: 'Use the module command with systemctl daemon-reexec.',
    no_block: 'Every job is waited for.',
    force: 'Use the module command with systemctl --force.',
  },
  ask: ({ name = anyUnit, daemon_reload }) => ask({ unit: unit(name), ...(daemon_reload && { files: unitFiles() }) }),
  plan: (params, { unit: found, files }) => {
    if (!found.isSystemd) throw new TaskError('this host does not run systemd', 'Manage its services with the module command.');
    const { name, daemon_reload } = params;
    const reload = change('let systemd read its units again', sh`systemctl daemon-reload`);
    const isStale = files === 'stale';
    // A unit that was missing may be there once the files are read.
    if (found.load === 'not-found' && isStale) return [{ ...reload, staged: true }];
    const changes = name === undefined ? [] : unitChanges(unitName(name), params, found);
    // An old systemd cannot say that it is stale: before something is started it reads its files in any case.
    return isStale || (daemon_reload && changes.length > 0) ? [reload, ...changes] : changes;
  },
  result: ({ name, state, enabled }, { unit: found }) => ({
    ...(name !== undefined && { name }),
    ...(state !== undefined && { state: state === 'stopped' ? state : 'started' }),
    ...(enabled !== undefined && { enabled: isEnabled(found) }),
    status: { ActiveState: found.active, SubState: found.sub, LoadState: found.load, UnitFileState: found.file, Id: found.id },
  }),
});

function unitChanges(name: string, { state, enabled, masked }: Params, found: UnitAnswer): readonly Change[] {
  const isMasked = found.load === 'masked' || found.file.startsWith('masked');
  // What is not there yet can be masked, so that it does not start when it is installed.
  if (found.load === 'not-found' && !isMasked && (state !== undefined || enabled !== undefined))
    throw new TaskError(
      `there is no unit ${name} on this host`,
      'Install the package that brings it before, or write its file to /etc/systemd/system.',
    );
  if (found.load === 'bad-setting' || found.load === 'error')
    throw new TaskError(`systemd cannot read the unit ${name}`, `Run on the host: systemd-analyze verify ${name}`);
  if (isMasked && masked !== false) {
    if (state === 'restarted' || (state !== undefined && state !== 'stopped' && !isRunning(found)))
      throw new TaskError(`${name} is masked, so that nothing can start it`, 'Add masked: false.');
    if (enabled === true) throw new TaskError(`${name} is masked, so that it cannot be enabled`, 'Add masked: false.');
  }
  return [
    ...(masked === undefined || masked === isMasked
      ? []
      : [change(`${masked ? 'mask' : 'unmask'} ${name}`, sh`systemctl ${masked ? 'mask' : 'unmask'} -- ${name}`)]),
    ...(enabled === undefined || enabled === isEnabled(found) || (!enabled && cannotBeDisabled(found))
      ? []
      : [change(`${enabled ? 'enable' : 'disable'} ${name}`, sh`systemctl ${enabled ? 'enable' : 'disable'} -- ${name}`)]),
    ...stateChanges(name, state, found),
  ];
}

/** A unit that others start or that is an alias cannot be enabled further; an indirect one is where those are that are enabled with it. */
function isEnabled({ file, hasStartLink, hasEnabledOthers }: UnitAnswer): boolean {
  if (file === 'generated') return hasStartLink;
  return file === 'indirect' ? hasEnabledOthers === true : ['enabled', 'enabled-runtime', 'static', 'alias', 'transient'].includes(file);
}

/** systemctl(1) has nothing to take away from it. */
function cannotBeDisabled({ file }: UnitAnswer): boolean {
  return ['static', 'transient'].includes(file);
}

/** One that ends and is started again and again does not run. */
function isRunning({ active, sub }: UnitAnswer): boolean {
  return running.includes(active) && sub !== 'auto-restart';
}

function stateChanges(name: string, state: Params['state'], found: UnitAnswer): readonly Change[] {
  switch (state) {
    case undefined:
      return [];
    case 'started':
      return isRunning(found) ? [] : [{ ...change(`start ${name}`, told('start', name)), ...(found.runsOnce && { opaque: true as const }) }];
    case 'stopped':
      return isRunning(found) ? [change(`stop ${name}`, told('stop', name))] : [];
    case 'restarted':
      return [{ ...change(`restart ${name}`, told('restart', name)), opaque: true }];
    case 'reloaded':
      return [{ ...change(isRunning(found) ? `reload ${name}` : `start ${name}`, told(isRunning(found) ? 'reload' : 'start', name)), opaque: true }];
  }
}

/**
 * A job that fails says why: systemctl itself only points at the journal. systemd calls a service of the simple type started as soon as there is a
 * process; one that fails within its first second is not. A timer runs nothing yet, and one that is to end (Type=oneshot, systemd.service(5)) is
 * waited for by systemctl. A service that failed too often in a row would be refused for a while although the fault is mended: whoever asks for it
 * starts the count anew. What the service says itself tells more than what systemd says of it.
 */
function told(verb: 'start' | 'stop' | 'restart' | 'reload', name: string): Command {
  const unit = quote(name);
  const isStart = verb === 'start' || verb === 'restart';
  const settled = `state() { systemctl show -p Type -p ActiveState -p SubState -- "$unit"; }
now=$(state)
case $unit,$now in *.timer,*|*Type=oneshot*) ;; *) sleep 1; now=$(state) ;; esac
case $now in *=failed*|*=auto-restart*) why "$unit ended as soon as it was started" ;; esac`;
  return {
    script: `unit=${unit}
journal() { journalctl -q --no-pager -o cat "$@" 2>/dev/null; }
own() { unit="$unit" awk 'index($0, ENVIRON["unit"] ": ") != 1 && !/^(Start|Stopp|Reload)(ed|ing) |^Failed to start /' | tail -n 2; }
why() {
  run=$(systemctl show -p InvocationID --value -- "$unit")
  said=$(journal -n 20 "_SYSTEMD_INVOCATION_ID=$run" | own)
  [ -n "$said" ] || said=$(journal -n 20 -u "$unit" | own)
  [ -n "$said" ] || said=$(journal -n 2 -u "$unit")
  [ -z "$said" ] || printf '%s\\n' "$said" >&2
  printf '%s\\n' "$1: $(printf '%s\\n' "\${said:-the journal says nothing of it}" | tail -n 1)" >&2
  exit 1
}${isStart ? '\nsystemctl reset-failed -- "$unit" 2>/dev/null' : ''}
systemctl ${verb} -- "$unit" || why "systemctl ${verb} $unit failed"${isStart ? `\n${settled}` : ''}`,
  };
}

/** Starting and stopping runs code of others. */
function change(summary: string, command: Command): Change {
  return { summary, commands: [command], writes: ['*'] };
}
