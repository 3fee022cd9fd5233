import { createHash } from 'node:crypto';
import type { Become, Connection, Session, Step, StepResult, Traffic } from '../../src/remote/session.ts';
import { TaskError, UnreachableError } from '../../src/values/errors.ts';

/**
 * A host that exists in memory: names with values. It understands three words, one a line: `get NAME…` prints `NAME=VALUE` lines,
 * `put NAME VALUE` sets one, `fail` ends with 1; and the guard that the engine writes. Anything else is an error of the test.
 */
export class SimulatedHost implements Connection {
  readonly rttMs = 0;
  readonly user = 'root';
  readonly state: Map<string, string>;
  /** Every `put` that was made, in order: `NAME=VALUE`. */
  readonly log: string[] = [];
  /** Called before each trip: to change something behind the engine's back, or to lose the link by throwing. */
  beforeTrip: (trip: number) => void = () => undefined;
  /** What a `put` does besides: effects that no module declared. */
  effects: (name: string, value: string, state: Map<string, string>) => void = () => undefined;
  /** Told every script that is run. */
  onScript: (script: string) => void = () => undefined;
  /** Told every step before it is run. */
  beforeStep: (step: Step) => void = () => undefined;
  /** What is wrong with the result of a script. */
  spoil: (script: string) => Partial<StepResult> = () => ({});
  /** Users that cannot be become, by a program. */
  refuses: (user: string, method?: string) => boolean = () => false;
  /** Users that were become, or tried to; with the program before, where one was named. */
  readonly entered: string[] = [];
  trips = 0;
  connects = 0;
  isHere = false;
  /** Called before each time it is connected to: to refuse it by throwing. */
  beforeConnect: (count: number) => void = () => undefined;

  constructor(state: Readonly<Record<string, string>> = {}) {
    this.state = new Map(Object.entries(state));
  }

  /** Is connected to, as often as the engine wants. */
  async connect(): Promise<Connection> {
    this.connects += 1;
    await Promise.resolve();
    this.beforeConnect(this.connects);
    return this;
  }

  session(become?: Become): Promise<Session> {
    this.entered.push(become?.method === undefined ? (become?.user ?? this.user) : `${become.method} ${become.user}`);
    if (become && this.refuses(become.user, become.method)) return Promise.reject(new TaskError(`there is no user ${become.user}`));
    const run = (steps: readonly Step[]) => this.#trip(steps, become?.user ?? this.user);
    return Promise.resolve({ user: this.user, started: Promise.resolve(), run });
  }

  /** As if connecting took 7 trips, and each trip 100 bytes each way. */
  traffic(): Traffic {
    const count = this.connects === 0 ? 0 : 7 + this.trips;
    return { trips: count, bytesSent: 100 * count, bytesReceived: 100 * count };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  lose(): never {
    throw new UnreachableError('the link was lost');
  }

  async #trip(steps: readonly Step[], user: string): Promise<readonly (StepResult | undefined)[]> {
    this.trips += 1;
    await Promise.resolve();
    this.beforeTrip(this.trips);
    let isBroken = false;
    return steps.map((step) => {
      if (isBroken && !step.always) return undefined;
      this.onScript(step.script);
      this.beforeStep(step);
      const result = { ...this.execute(step.script, user), ...this.spoil(step.script) };
      if (!(step.okCodes ?? [0]).includes(result.rc)) isBroken ||= !step.always;
      return result;
    });
  }

  /** Does one line of a script; gives what it prints, or undefined if it fails. Further words are for those who extend it. */
  protected word(word: string, args: readonly string[], _user: string): string | undefined {
    if (word === 'get') return args.map((name) => `${name}=${this.state.get(name) ?? ''}\n`).join('');
    if (word === 'put' && args[0] !== undefined) {
      this.put(args[0], args[1] ?? '');
      return '';
    }
    if (word === 'fail') return undefined;
    throw new Error(`the simulated host does not know: ${[word, ...args].join(' ')}`);
  }

  /** Runs a script as a user. */
  execute(script: string, user: string): StepResult {
    let stdout = '';
    const guards = [
      ...script.matchAll(/^\[ "\$\( \{ ([^]*?)\n\} 2>\/dev\/null \| sha256sum \)" = '([0-9a-f]{64}) {2}-' \] \|\| .*exit (\d+); \}$/gm),
    ];
    if (guards.length > 0) {
      const broken = guards.find(
        ([, inner, digest]) =>
          createHash('sha256')
            .update(this.execute(inner ?? '', user).stdout)
            .digest('hex') !== digest,
      );
      return { rc: broken ? Number(broken[3]) : 0, stdout, stderr: '', durationMs: 0 };
    }
    for (const line of script.split('\n')) {
      const [word = '', ...args] = line.split(' ');
      const printed = this.word(word, args, user);
      if (printed === undefined) return { rc: 1, stdout, stderr: 'failed as told', durationMs: 0 };
      stdout += printed;
    }
    return { rc: 0, stdout, stderr: '', durationMs: 0 };
  }

  protected put(name: string, value: string): void {
    this.log.push(`${name}=${value}`);
    this.state.set(name, value);
    this.effects(name, value, this.state);
  }
}
