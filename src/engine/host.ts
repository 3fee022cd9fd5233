import type { Scope } from '../language/expression.ts';
import type { Host } from '../language/inventory.ts';
import type { Handler, Include, Play, Task } from '../language/play.ts';
import { type Binding, type Layer, layersOf, scopeOf, valueLayer } from '../language/variables.ts';
import type { Become } from '../remote/session.ts';
import type { Value } from '../values/vars.ts';
import type { Recap } from './event.ts';
import type { Place } from './places.ts';
import type { Target } from './target.ts';

/** Why a host takes no further part. */
export type Out = 'failed' | 'unreachable' | undefined;

/** What the language itself knows of a host in a play. */
export type HostMagic = (play: Pick<Play, 'folder'> & Partial<Pick<Play, 'name'>>) => Layer;

type Counter = Exclude<keyof Recap, 'trips' | 'phases'>;

/** What a run knows of one host of the inventory: its variables so far, its pending handlers, its counts, its place in the walk. */
export class HostRun {
  #host: Host;
  /** Its own connection, once there is one. */
  target: Target | undefined;
  out: Out;
  /** It has taken part in a play. */
  hasPlayed = false;
  /** Its place among those at work in the current play, once its turn has come. */
  place: Place | undefined;
  /** `facts`, once asked. */
  facts: Value | undefined;
  /** `register` and `set_fact`, which outlive the play. Finished values: never rendered. */
  readonly registered = new Map<string, Value>();
  /** `include_vars`, which outlive the play. */
  readonly included = new Map<string, Binding>();
  /** The hosts that take part in the current play beside it, itself too: with `serial` those of its batch. */
  batch: readonly string[] = [];
  /** Roles in which it has had something to do in the current play. */
  readonly rolesDone = new Set<string>();
  /** Notified handlers of the current play. */
  readonly pending = new Set<Handler>();
  /** Index in the run's order of tasks of the one whose turn it is. */
  position = -1;
  /** Index in its loop of the first item whose turn has not come. */
  nextItem = 0;
  /** How far it has come in the run: the rounds (see `Walk`) of the latest task on the way, and its index in the run's order. */
  reached: readonly number[] = [];
  /** The outermost include with a loop that it is in: the item it is at, and where its tasks begin in the run's order. */
  rounds: { readonly include: Include; readonly index: number; readonly from: number } | undefined;
  /** How many items of tasks may yet be looked at ahead of changes: enough for all playbooks but the very long, whose time it bounds. */
  credit = 20_000;
  #become: Become & { readonly byDefault: boolean };
  readonly #magic: HostMagic;
  readonly #extraVars: Layer;
  readonly #counts: Record<Counter, number> = { ok: 0, changed: 0, unreachable: 0, failed: 0, skipped: 0, rescued: 0, ignored: 0 };

  constructor(host: Host, become: Become & { readonly byDefault: boolean }, magic: HostMagic, extraVars: Layer) {
    this.#host = host;
    this.#become = become;
    this.#magic = magic;
    this.#extraVars = extraVars;
  }

  /** What the inventory now says of it. */
  get host(): Host {
    return this.#host;
  }

  /** From the inventory: the user to become and the password, for tasks that say `become`. */
  get becomeDefault(): Become {
    return this.#become;
  }

  /** The inventory says `become` for all tasks that do not say otherwise. */
  get becomeByDefault(): boolean {
    return this.#become.byDefault;
  }

  /** Takes what the inventory says of it after a task has added to that. */
  update(host: Host, become: Become & { readonly byDefault: boolean }): void {
    this.#host = host;
    this.#become = become;
  }

  /** Asks something on a host, its own or another's, when it has a place at work. */
  asks<T>(target: Target, work: () => Promise<T>): Promise<T> {
    return this.place ? this.place.contact(target, work, true) : work();
  }

  /** Does something there. */
  does<T>(target: Target, work: () => Promise<T>): Promise<T> {
    return this.place ? this.place.contact(target, work, false) : work();
  }

  /** Waits for what another host does. */
  aside<T>(wait: () => Promise<T>): Promise<T> {
    return this.place ? this.place.aside(wait) : wait();
  }

  count(counter: Counter): void {
    this.#counts[counter] += 1;
  }

  /** How many tasks it has not passed over. */
  get done(): number {
    return this.#counts.ok + this.#counts.failed + this.#counts.unreachable + this.#counts.rescued;
  }

  recap(): Recap {
    const account = this.target?.account;
    return { ...this.#counts, trips: account?.trips ?? 0, ...(account && { phases: account.costs() }) };
  }

  /**
   * The scope of a task on this host, in the order of precedence of the contract.
   * @param registered `register` and `set_fact`; lookahead passes its own guess.
   * @param item the variables of the loop, and of those of includes around.
   */
  scope(
    play: Pick<Play, 'layers' | 'folder'> & Partial<Pick<Play, 'name'>>,
    task: Pick<Task, 'vars' | 'around'>,
    registered: ReadonlyMap<string, Value> = this.registered,
    item: Readonly<Record<string, Value>> = {},
  ): Scope {
    return scopeOf(
      layersOf({
        playDefaults: play.layers.defaults,
        host: this.host.layers,
        ...(this.facts !== undefined && { facts: valueLayer('facts', { facts: this.facts, ansible_facts: this.facts }) }),
        play: play.layers.vars,
        ...(task.around && { around: task.around }),
        task: task.vars,
        included: { name: 'include_vars', bindings: this.included },
        registered: [valueLayer('set_fact and register', registered)],
        item: valueLayer('loop', item),
        extraVars: this.#extraVars,
        magic: this.#magic(play),
      }),
    );
  }
}
