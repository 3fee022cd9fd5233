import { addedLayer, openMagic, someHost } from './check-growth.ts';
import { checkInclude } from './check-include.ts';
import { checkHandedDown, checkTask, holds } from './check-task.ts';
import { type HostConnection, hostConnection, machineOf, settingSource } from './connection.ts';
import { type Scope, UnknownValue } from './expression.ts';
import type { Files } from './files.ts';
import type { Growth } from './growth.ts';
import { tasksIn } from './handlers.ts';
import { HostProblems } from './host-problems.ts';
import { everyHost, type GrowingInventory, type Host } from './inventory.ts';
import type { LoadedPlay, ModuleCatalog } from './load.ts';
import type { LocalFiles } from './local-files.ts';
import { lazily, magicLayer } from './magic.ts';
import { hasMachineRules, noteCollisions, type OnMachine } from './one-machine.ts';
import type { Block, Item, Play, Task } from './play.ts';
import { Problems } from './problems.ts';
import { checkRoleArguments } from './role-arguments.ts';
import { checkVariables, missingVariables } from './specs-check.ts';
import { type Binding, type Layer, type LayerParts, layersOf, type Surroundings, scopeOf, unknownLayer, valueLayer } from './variables.ts';

/** What the check of a run works with. */
export interface CheckInput {
  readonly planned: readonly LoadedPlay[];
  readonly inventory: GrowingInventory;
  readonly extraVars: Layer;
  readonly local: LocalFiles;
  readonly files: Files;
  readonly modules: ModuleCatalog;
  readonly problems: Problems;
  readonly version?: string;
  /** The names of the entries of `facts`. */
  readonly facts?: readonly string[];
  /** Whether tasks that are certain to fail are warned of. */
  readonly foresees: boolean;
}

/** A host in the walk: what is known of it so far. */
export interface Checked {
  readonly host: Host;
  /** `register` and `set_fact` so far: they have a value, which only the run will tell. */
  readonly registered: Map<string, Binding>;
  /** Counts the times that a name of `registered` got another meaning. */
  renewed: number;
  /** Whether the play may have ended for it. */
  mayBeDone: boolean;
}

/** A host in a play, and how to get the scope of a task. */
export interface Walk {
  readonly input: CheckInput;
  readonly checked: Checked;
  readonly play: Play;
  readonly problems: HostProblems;
  /** @param more a name that the task itself registers. */
  readonly scope: (task?: Pick<Task, 'vars' | 'around'>, item?: Layer, more?: string) => Scope;
  /** The loop variables of the includes around. */
  readonly frame?: Layer;
  /** Whether the tasks have their turn only if something happens before, or nothing comes of their failure. */
  readonly isDoubtful: boolean;
  /** What tasks of this play and of those before may have added to the inventory. */
  readonly growth?: Growth;
}

/**
 * Goes through every task of every play as the run will, on every host, as far as it can be known: renders, evaluates, checks parameters and
 * local files. What is wrong goes to `problems`.
 */
export function checkPlays(input: CheckInput): void {
  const hosts = new Map(
    everyHost(input.inventory).map((host) => [
      host.name,
      { host, registered: new Map(unknownLayer('lost', input.problems.lostNames).bindings), renewed: 0, mayBeDone: false },
    ]),
  );
  const taken = new Set(input.planned.flatMap((planned) => planned.hosts));
  const machines = new Map<string, string>();
  // Of those that are not taken it only counts whether they are the machine of one that is.
  const besides = new Set(input.planned.flatMap(({ play, unlimited = [] }) => (play.specs && hasMachineRules(play.specs) ? unlimited : [])));
  for (const { host } of hosts.values()) {
    const isBeside = !taken.has(host.name);
    if (isBeside && !besides.has(host.name)) continue;
    const settings = isBeside ? new Problems().collectKnown(() => connectionOf(host, input)) : checkConnection(host, input);
    const machine = settings && machineOf(settings);
    if (machine !== undefined) machines.set(host.name, machine);
  }
  for (const planned of input.planned) checkPlay(planned, hosts, machines, input);
}

function checkPlay(
  { play, hosts: names, unlimited = names, growth, settledAfter }: LoadedPlay,
  hosts: ReadonlyMap<string, Checked>,
  machines: ReadonlyMap<string, string>,
  input: CheckInput,
): void {
  const isSettled = settledAfter === undefined;
  const playing = names.flatMap((name) => hosts.get(name) ?? []);
  const checking = growth && !isSettled && playing.length === 0 ? [someHost(play, growth, input.inventory, hosts.values())] : playing;
  const problems = new HostProblems(checking.map(({ host }) => host.name));
  const facts = factsLayer(input.facts);
  const scopes = new Map<string, Scope>();
  const partsOf = ({ host, registered }: Checked): LayerParts => ({
    playDefaults: play.layers.defaults,
    host: growth ? [...host.layers, addedLayer(growth, host, input.inventory)] : host.layers,
    facts,
    play: play.layers.vars,
    registered: [{ name: 'registered', bindings: registered }],
    extraVars: input.extraVars,
    magic: magicOf(host),
  });
  const magicOf = (host: Host): Layer => {
    const version = input.version !== undefined && { version: input.version };
    const magic = magicLayer({ inventory: input.inventory, host, playHosts: names, play, scopeOfHost, ...version });
    return growth ? openMagic(magic, isSettled, host) : magic;
  };
  const scopeOfHost = (name: string): Scope | undefined => {
    const other = hosts.get(name);
    const scope = scopes.get(name) ?? (other && scopeOf(layersOf(partsOf(other))));
    if (scope) scopes.set(name, scope);
    return scope;
  };
  for (const checked of checking) {
    const parts = partsOf(checked);
    const scope = scopesFor(parts, checked);
    const ofHost = problems.of(checked.host.name);
    if (play.specs && playing.includes(checked)) {
      const missing = missingVariables(play.specs, checked.host, scope(), input.files.shown(checked.host.folder), ofHost);
      // That they are missing has been said; wherever they are read it would be said again.
      for (const one of missing) checked.registered.set(one, { unknown: true });
      checkVariables(play.specs, scope(), ofHost);
    }
    const walk: Walk = { input, checked, play, problems, scope, isDoubtful: false, ...(growth && { growth }) };
    checked.mayBeDone = false;
    walkItems(play.tasks, walk);
    for (const { task } of play.handlers) checkTask(task, { ...walk, isDoubtful: true });
    // Tasks show what the play hands down to them; without any nothing does.
    if (play.words && play.handlers.length === 0 && tasksIn(play.tasks).length === 0) checkHandedDown(play.words, scope(), ofHost);
  }
  problems.reportTo(input.problems);
  if (!play.specs || !hasMachineRules(play.specs)) return;
  const onMachines = unlimited.flatMap((name): OnMachine | readonly [] => {
    const [host, machine] = [hosts.get(name)?.host, machines.get(name)];
    const set = host && [...host.layers, ...play.layers.vars, input.extraVars];
    return host && machine !== undefined && set ? { host, machine, set, scope: () => scopeOfHost(name) } : [];
  });
  noteCollisions(play.specs, onMachines, ({ folder }) => input.files.shown(folder), input.problems);
}

function walkItems(items: readonly Item[], walk: Walk): void {
  for (const item of items) {
    if (item.kind === 'task') checkTask(item, walk);
    else if (item.kind === 'include') checkInclude(item, { ...walk, isDoubtful: true }, walkItems);
    else if (item.kind === 'block') walkBlock(item, walk);
    else {
      const isReached = holds(item, walk.scope(item, walk.frame), walk.problems.of(walk.checked.host.name));
      // It ends the play for all hosts, whichever of them comes to it.
      walk.checked.mayBeDone ||= item.action === 'end_play' || (item.action === 'end_host' && isReached);
    }
  }
}

/** The variables that a rescue finds: what failed, and how. */
const failureNames = ['ansible_failed_task', 'ansible_failed_result'];

function walkBlock({ block, rescue, always, role }: Block, walk: Walk): void {
  if (role?.arguments) checkRoleArguments(role.arguments, walk);
  walkItems(block, rescue.length > 0 ? { ...walk, isDoubtful: true } : walk);
  if (rescue.length > 0) for (const name of failureNames) walk.checked.registered.set(name, { unknown: true });
  walkItems(rescue, { ...walk, isDoubtful: true });
  walkItems(always, walk);
}

/** `facts` before the host was asked: the names of its entries are known, their values are not. */
function factsLayer(names: readonly string[] | undefined): Layer {
  if (!names) return unknownLayer('facts', ['facts', 'ansible_facts']);
  const facts = lazily(names, (name) => {
    throw new UnknownValue(`facts.${name}`);
  });
  return valueLayer('facts', { facts, ansible_facts: facts });
}

/** Scopes of the tasks of a host: the same one as long as nothing new is registered and the task brings no variables of its own. */
function scopesFor(parts: LayerParts, checked: Checked): Walk['scope'] {
  const { registered } = checked;
  const bases = new Map<Surroundings | undefined, { readonly state: number; readonly scope: Scope }>();
  return (task, item, more) => {
    const around = task?.around && { around: task.around };
    if (task?.vars.length || item || more !== undefined) {
      const own = more === undefined ? [] : [unknownLayer('registered', [more])];
      const all = { ...parts, ...around, task: task?.vars ?? [], registered: [...(parts.registered ?? []), ...own], ...(item && { item }) };
      return scopeOf(layersOf(all));
    }
    const state = registered.size + checked.renewed;
    const known = bases.get(task?.around);
    if (known?.state === state) return known.scope;
    const scope = scopeOf(layersOf({ ...parts, ...around }));
    bases.set(task?.around, { state, scope });
    return scope;
  };
}

/** Settings of the connection, and that a private key and a file of ssh_config(5) that are named are there and may be read. */
function checkConnection(host: Host, input: CheckInput): HostConnection | undefined {
  const { extraVars, problems, files } = input;
  const layers = [...host.layers, extraVars];
  const settings = problems.collectKnown(() => connectionOf(host, input));
  if (settings?.transport !== 'ssh') return settings;
  const named = { identityFile: settings.identityFile, sshConfig: settings.sshConfig === 'none' ? undefined : settings.sshConfig };
  for (const [setting, file] of Object.entries(named) as [keyof typeof named, string | undefined][]) {
    if (file !== undefined) problems.collect(() => files.mustBeReadable(files.resolve(file), settingSource(setting, layers) ?? host.source));
  }
  return settings;
}

/** @throws InputError with what is wrong in the settings of its connection */
function connectionOf(host: Host, { extraVars, inventory }: CheckInput): HostConnection {
  const layers = [...host.layers, extraVars];
  const magic = magicLayer({ inventory, host, playHosts: [], scopeOfHost: () => undefined });
  return hostConnection(host.name, layers, scopeOf([...layers, magic]));
}
