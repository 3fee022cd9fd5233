import { machineOf } from '../language/connection.ts';
import type { Scope } from '../language/expression.ts';
import { everyHost, type GrowingInventory, type Host, hostNamed } from '../language/inventory.ts';
import type { Loaded } from '../language/load.ts';
import { magicLayer } from '../language/magic.ts';
import { type Layer, layersOf, scopeOf } from '../language/variables.ts';
import type { Addition } from '../values/addition.ts';
import { InputError, type Problem } from '../values/errors.ts';
import type { Reaching } from './connections.ts';
import { type HostMagic, HostRun } from './host.ts';
import type { PlannedPlay } from './select.ts';

/** How the hosts of a run are told of. */
export interface SiteOptions {
  /** How a host is reached, by its variables. @throws InputError with what is wrong in them. */
  readonly reachingOf: (host: Host, scope: Scope) => Reaching;
  readonly mode: { readonly check: boolean; readonly diff: boolean };
  readonly workingFolder: string;
}

/** A play whose hosts may be others once its turn has come. */
interface SitePlay extends PlannedPlay {
  readonly hosts: Set<string>;
  /** The same, as a list. */
  names: readonly string[];
  /** The play before it that may add hosts to it, by its index; -1 for none. */
  readonly settledAfter: number;
  /** What its hosts were picked from; undefined until they are. */
  pickedFrom: GrowingInventory | undefined;
  /** Why it has no hosts, where tasks might have given it some. */
  why?: string | undefined;
}

const noNames: readonly string[] = [];
const noLayers = { defaults: [], vars: [] };

/**
 * The hosts of a run and what plays they are in: at first what the files of the inventory say, then with what tasks add (`add_host`, `group_by`).
 * Every host of the inventory is in it, also those of no play, for `delegate_to` and `hostvars`; `localhost` in any case.
 */
export class Site {
  /** In the order of the inventory. */
  readonly hosts = new Map<string, HostRun>();
  readonly plays: readonly SitePlay[];
  #inventory: GrowingInventory;
  readonly #loaded: Pick<Loaded, 'extraVars' | 'select'>;
  readonly #options: SiteOptions;
  /** Stands for the play where there is none. */
  readonly #noPlay: { readonly layers: typeof noLayers; readonly folder: string };
  /** How each host is reached, or what is wrong in what it says of that. */
  readonly #reaching = new Map<string, Reaching | InputError>();

  /** @throws InputError with the problems of all hosts that play. */
  constructor(loaded: Pick<Loaded, 'extraVars' | 'inventory' | 'planned' | 'select'>, options: SiteOptions) {
    this.#loaded = loaded;
    this.#options = options;
    this.#noPlay = { layers: noLayers, folder: options.workingFolder };
    this.#inventory = loaded.inventory;
    this.plays = loaded.planned.map(({ play, hosts, settledAfter = -1 }): SitePlay => {
      const names = settledAfter < 0 ? hosts : [];
      return { play, hosts: new Set(names), names, settledAfter, pickedFrom: settledAfter < 0 ? loaded.inventory : undefined };
    });
    const playing = new Set(loaded.planned.flatMap(({ hosts }) => hosts));
    const problems: Problem[] = [];
    for (const host of everyHost(loaded.inventory)) {
      const reaching = this.#reach(host);
      if (reaching instanceof InputError && playing.has(host.name)) problems.push(...reaching.problems);
      this.#put(host, reaching);
    }
    if (problems.length > 0) throw new InputError(problems);
  }

  /** How a host is reached. @throws InputError with what is wrong in what it says of that, or for a name that is none. */
  reaching(name: string): Reaching {
    const reaching = this.#reaching.get(name) ?? InputError.of(`no host of this run is called ${name}`);
    if (reaching instanceof InputError) throw reaching;
    return reaching;
  }

  /** The machine that a host is, where that can be told; several hosts may be one. */
  machine(name: string): string | undefined {
    const reaching = this.#reaching.get(name);
    return reaching === undefined || reaching instanceof InputError ? undefined : machineOf(reaching.settings);
  }

  /** Whether all that is in the inventory already. */
  knows(addition: Addition): boolean {
    return this.#inventory.has(addition);
  }

  /** Adds to the inventory, for all that comes after. @throws InputError, TaskError for what cannot come to it; then it is as before. */
  add(addition: Addition): void {
    const before = this.#inventory;
    this.#inventory = before.with(addition);
    try {
      const others = everyHost(this.#inventory).filter((host) => !isAsBefore(host, hostNamed(before, host.name)));
      const reached = others.map((host) => ({ host, reaching: this.#reach(host) }));
      for (const { reaching } of reached) if (reaching instanceof InputError) throw reaching;
      for (const { host, reaching } of reached) this.#put(host, reaching);
    } catch (error) {
      this.#inventory = before;
      throw error;
    }
  }

  /**
   * Picks the hosts of the play at `index` from the inventory as it now is, and of those after it that nothing adds to any more.
   * @returns why the play has no hosts, where tasks might have given it some and have not.
   */
  settle(index: number): string | undefined {
    for (const [at, play] of this.plays.entries()) {
      if (at < index || play.settledAfter >= index || play.pickedFrom === this.#inventory) continue;
      const picked = this.#pick(play);
      play.hosts.clear();
      for (const name of picked.hosts) play.hosts.add(name);
      play.names = picked.hosts;
      play.pickedFrom = this.#inventory;
      if (play.settledAfter >= 0) play.why = picked.why;
    }
    return this.plays[index]?.why;
  }

  #pick({ play }: SitePlay): { readonly hosts: readonly string[]; readonly why?: string } {
    try {
      const { hosts, isEmpty } = this.#loaded.select(play, this.#inventory);
      return isEmpty ? { hosts, why: 'none has been added to it' } : { hosts };
    } catch (error) {
      // A pattern that reads a group which there is none of, in most cases.
      if (error instanceof InputError) return { hosts: [], why: error.problems[0]?.message ?? error.message };
      throw error;
    }
  }

  #put(host: Host, reaching: Reaching | InputError): void {
    this.#reaching.set(host.name, reaching);
    const become = reaching instanceof InputError ? { user: 'root', byDefault: false } : reaching.become;
    const known = this.hosts.get(host.name);
    if (known) known.update(host, become);
    else this.hosts.set(host.name, new HostRun(host, become, this.#magicOf(host.name), this.#loaded.extraVars));
  }

  #reach(host: Host): Reaching | InputError {
    try {
      const magic = this.#magic(host)({ folder: this.#options.workingFolder });
      return this.#options.reachingOf(host, scopeOf(layersOf({ host: host.layers, extraVars: this.#loaded.extraVars, magic })));
    } catch (error) {
      if (error instanceof InputError) return error;
      throw error;
    }
  }

  /** The layer of each play is made anew only when something that it is made from has changed: every scope of a run asks for it. */
  #magicOf(name: string): HostMagic {
    const made = new WeakMap<object, { readonly of: readonly unknown[]; readonly layer: Layer }>();
    return (play) => {
      const host = this.hosts.get(name)?.host;
      if (!host) throw new Error(`no host ${name}`);
      const of = [host, this.#inventory, this.#namesOf(play), this.hosts.get(name)?.batch];
      const known = made.get(play);
      if (known && isSameList(known.of, of)) return known.layer;
      const layer = this.#magic(host)(play);
      made.set(play, { of, layer });
      return layer;
    };
  }

  #magic(host: Host): HostMagic {
    const scopeOfHost = (name: string) => this.hosts.get(name)?.scope(this.#noPlay, { vars: [] });
    return (play) => {
      const batch = this.hosts.get(host.name)?.batch ?? [];
      return magicLayer({ inventory: this.#inventory, host, playHosts: this.#namesOf(play), batch, play, scopeOfHost, mode: this.#options.mode });
    };
  }

  #namesOf(play: object): readonly string[] {
    return this.plays.find((one) => one.play === play)?.names ?? noNames;
  }
}

function isAsBefore({ groups, layers }: Host, before: Host | undefined): boolean {
  return before !== undefined && isSameList(groups, before.groups) && isSameList(layers, before.layers);
}

function isSameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
