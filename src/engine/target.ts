import type { Question } from '../questions/question.ts';
import { type Holder, type LockRequest, lockStep, readLock } from '../remote/lock.ts';
import type { Become, Connection, Session, Step, StepResult } from '../remote/session.ts';
import { TaskError } from '../values/errors.ts';
import type { Resource } from '../values/resource.ts';
import { Account, type BatchPhase } from './account.ts';
import { Answers, type Known } from './answers.ts';
import { batchOf, type Environment } from './batch.ts';

/** As whom, and with which environment, something is asked or done on a host. */
export interface Identity {
  /** The user to become; absent for the login user. */
  readonly become?: Become;
  readonly environment: Environment;
  /** Same key, same shell and same view of the host. */
  readonly key: string;
}

export interface Asked {
  readonly identity: Identity;
  readonly question: Question;
}

/** Steps, and what is asked once they are done. */
export interface Part {
  readonly steps: readonly Step[];
  readonly questions: readonly Question[];
}

/** Makes an identity. The environment is part of it, as it may change what a command answers. */
export function identityOf(become: Become | undefined, environment: Environment): Identity {
  const variables = Object.entries(environment).map(([name, value]) => [name, typeof value === 'string' ? value : value.reveal()]);
  return { ...(become && { become }), environment, key: JSON.stringify([become?.user ?? '', ...variables]) };
}

/** The lock that is taken before a host is changed. */
export interface HostLock extends LockRequest {
  /** Whether a run that holds it has come to its end on the user's machine, so that what it left on the host may be ended. */
  readonly isGone: (run: string) => boolean;
}

/** A host as it is reached: its sessions, what is known of it, and what that cost. */
export class Target {
  readonly answers = new Answers();
  /** Batches of several identities that go out side by side are one trip. */
  readonly account = new Account();
  /** Its host has its turn in a play. */
  isAtWork = false;
  /** The host is at its handlers: trips count for these. */
  isAtHandlers = false;
  /** What the changes that check mode did not make would have written. */
  readonly predicted: Resource[] = [];
  /** It is the user's own machine, without SSH. */
  readonly isHere: boolean;
  readonly #dial: (connectSeconds?: number) => Promise<Connection>;
  #connection: Promise<Connection> | undefined;
  #isConnected = false;
  #isReached = false;
  #tellReached = (): void => undefined;
  /** Once a shell on it has begun to do what it was told. */
  readonly reached = new Promise<void>((resolve) => {
    this.#tellReached = resolve;
  });
  readonly #sessions = new Map<string, Promise<Session>>();
  /** How many changes had been tried when a user could not be become. */
  readonly #refused = new Map<string, number>();
  #changes = 0;

  readonly #machine: ReadonlySet<Target>;
  readonly #lock: HostLock | undefined;
  /** Sessions that have it, or need none. */
  readonly #locked = new WeakSet<Session>();
  /** Once refused, nothing is changed in this run: not the second half of what the first is missing of. */
  #refusal: TaskError | undefined;

  /**
   * @param dial connects; called when the host is first needed.
   * @param lock absent: none is taken.
   * @param machine those of all hosts that are the same machine; this one joins them.
   */
  constructor(dial: (connectSeconds?: number) => Promise<Connection>, isHere = false, lock?: HostLock, machine = new Set<Target>()) {
    this.#dial = dial;
    this.isHere = isHere;
    this.#lock = lock;
    this.#machine = machine.add(this);
  }

  /** Forgets what a write may have changed, here and where others wait for their turn. Who is at work beside it looks for himself. */
  invalidate(writes: readonly Resource[]): void {
    for (const one of this.#machine) if (one === this || !one.isAtWork) one.answers.invalidate(writes);
  }

  /** Connects, unless it has. A failure stays: a host that is not there is not tried again for each task. @throws UnreachableError */
  connect(): Promise<Connection> {
    this.#connection ??= this.#connected();
    return this.#connection;
  }

  #connected(connectSeconds?: number): Promise<Connection> {
    return this.account.during('connect', async () => {
      const connection = await this.#dial(connectSeconds);
      this.account.follow(() => connection.traffic());
      this.#isConnected = true;
      return connection;
    });
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Whether `reached` is so. */
  get isReached(): boolean {
    return this.#isReached;
  }

  /**
   * Lets go of the connection and makes a new one. Nothing that was known of the host counts any more.
   * @param connectSeconds that it may take. Default: the inventory's.
   * @throws UnreachableError; it may be tried again.
   */
  async reconnect(connectSeconds?: number): Promise<void> {
    const old = this.#connection;
    await this.close();
    // Several hosts may delegate to this one: whoever was first has made the new one for all.
    if (this.#connection !== old) return void (await this.#connection);
    this.#forget();
    this.#connection = this.#connected(connectSeconds);
    await this.#connection;
  }

  /** The machine was restarted: others have lost it, too, and connect anew when they need it. */
  async restarted(): Promise<void> {
    for (const one of this.#machine) if (one !== this) await one.#letGo();
  }

  async #letGo(): Promise<void> {
    if (!this.#isConnected) return;
    await this.close();
    this.#connection = undefined;
    this.#isConnected = false;
    this.#forget();
  }

  #forget(): void {
    this.#sessions.clear();
    this.#refused.clear();
    this.answers.clear();
  }

  /** Never throws. */
  async close(): Promise<void> {
    const connection = await this.#connection?.catch(() => undefined);
    await connection?.close();
  }

  /** The session of an identity; opened once. A failure to open stays (a wrong password is not tried twice) until a change may have cured it. */
  async #session(identity: Identity): Promise<Session> {
    const connection = await this.connect();
    const shell = shellOf(identity, connection);
    const known = this.#sessions.get(shell);
    if (known && (this.#refused.get(shell) ?? this.#changes) === this.#changes) return known;
    const changes = this.#changes;
    const session = this.account.during('connect', () => connection.session(identity.become));
    this.#sessions.set(shell, session);
    this.#watch(session, shell).catch(() => this.#refused.set(shell, changes));
    return session;
  }

  async #watch(session: Promise<Session>, shell: string): Promise<void> {
    const { started } = await session;
    this.#refused.delete(shell);
    await started;
    this.#isReached = true;
    this.#tellReached();
  }

  /**
   * Asks everything in one trip and remembers the answers.
   * @param ahead what later tasks will want. Whom they become may not be there yet: then they ask when their turn has come.
   * @throws UnreachableError, or TaskError when an identity of `asked` cannot be become.
   */
  async ask(asked: readonly Asked[], ahead: readonly Asked[] = []): Promise<void> {
    const connection = await this.connect();
    const phase = this.#phase();
    this.account.count(phase);
    const now = new Set(asked.map(({ identity }) => shellOf(identity, connection)));
    const shells = [...grouped([...asked, ...ahead], ({ identity }) => shellOf(identity, connection))];
    const asking = () =>
      shells
        .filter(([shell]) => now.has(shell) || !this.#refused.has(shell))
        .map(([shell, group]) => (now.has(shell) ? this.#askAs(group, phase) : this.#askAs(group, phase).catch(unlessRefused)));
    const written = this.answers.beginAsking();
    try {
      await Promise.all(asking());
    } finally {
      // What is asked for now is answered while the change is made; what is asked ahead comes after it.
      this.answers.forget(
        ahead.map(({ identity, question }) => ({ identity: identity.key, question })),
        written(),
      );
    }
  }

  /**
   * Runs the steps of all parts in one trip, and asks after each part what it wants to know. After a step that ended badly no other step is run.
   * @param sending called when they go out.
   * @param forget forgets the answers that the steps make stale.
   * @returns the results of the steps, part by part
   * @throws UnreachableError; TaskError when another run has the lock of the host.
   */
  async apply(
    identity: Identity,
    parts: readonly Part[],
    { sending, forget }: { readonly sending: () => void; readonly forget: () => void },
  ): Promise<readonly (readonly (StepResult | undefined)[])[]> {
    const session = await this.#session(identity);
    const batches = parts.map(({ questions }) => batchOf(questions, identity.environment));
    this.#changes += 1;
    let results: readonly (StepResult | undefined)[];
    const byOthers = this.answers.beginAsking();
    let written: readonly Resource[] = [];
    try {
      sending();
      results = await this.#lockedTrip(
        session,
        parts.flatMap(({ steps }, index) => [...steps, ...(batches[index]?.steps ?? [])]),
      );
    } finally {
      written = byOthers();
      forget();
    }
    let start = 0;
    const own = parts.map(({ steps }, index) => {
      const ofSteps = results.slice(start, start + steps.length);
      start += steps.length;
      const batch = batches[index];
      if (!batch) return ofSteps;
      this.#remember(identity, batch.read(results.slice(start, start + batch.steps.length)));
      start += batch.steps.length;
      return ofSteps;
    });
    const asked = parts.flatMap(({ questions }) => questions).map((question) => ({ identity: identity.key, question }));
    this.answers.forget(asked, written);
    return own;
  }

  /** Runs one step that changes nothing, in a trip of its own. @throws UnreachableError */
  async run(identity: Identity, step: Step): Promise<StepResult | undefined> {
    const session = await this.#session(identity);
    return (await this.#trip(session, [{ ...step, environment: identity.environment }]))[0];
  }

  /** A trip that changes something: with the first of a session the lock is taken. One that a run of the user's has left behind is taken over. */
  async #lockedTrip(session: Session, steps: readonly Step[]): Promise<readonly (StepResult | undefined)[]> {
    if (this.#refusal) throw this.#refusal;
    if (!this.#lock || this.#locked.has(session)) return this.#trip(session, steps);
    const { isGone, ...request } = this.#lock;
    for (let breaks = request.breaks; ; ) {
      const [locked, ...results] = await this.#trip(session, [lockStep({ ...request, breaks }), ...steps]);
      if (!locked) return results;
      const lock = readLock(locked.rc, locked.stdout);
      if (typeof lock === 'string') {
        this.#locked.add(session);
        return results;
      }
      if (breaks !== undefined || !isGone(lock.run)) {
        this.#refusal = lockedError(lock.holder, breaks !== undefined);
        throw this.#refusal;
      }
      breaks = lock.run;
    }
  }

  #trip(session: Session, steps: readonly Step[]): Promise<readonly (StepResult | undefined)[]> {
    const phase = this.#phase();
    this.account.count(phase);
    return this.account.during(phase, () => session.run(steps));
  }

  #phase(): BatchPhase {
    if (this.account.trips === 0) return 'prefetch';
    return this.isAtHandlers ? 'handlers' : 'tasks';
  }

  /** Asks what all identities of one shell want at once: the trips of a session run one after another. */
  async #askAs(asked: Some<Asked>, phase: BatchPhase): Promise<void> {
    const batches = [...grouped(asked, ({ identity }) => identity.key).values()].map((group) => {
      const { identity } = group[0];
      const questions = group.map(({ question }) => question);
      return { identity, batch: batchOf(questions, identity.environment) };
    });
    const session = await this.#session(asked[0].identity);
    const results = await this.account.during(phase, () => session.run(batches.flatMap(({ batch }) => batch.steps)));
    let start = 0;
    for (const { identity, batch } of batches) {
      const end = start + batch.steps.length;
      this.#remember(identity, batch.read(results.slice(start, end)));
      start = end;
    }
  }

  #remember(identity: Identity, read: readonly { readonly question: Question; readonly known: Known }[]): void {
    for (const { question, known } of read) this.answers.set(identity.key, question, known);
  }
}

/** Whose shell the commands of an identity run in, and how that was come by: to become the user that logged in is to stay that user. */
function shellOf({ become }: Identity, { user }: Connection): string {
  return become === undefined || become.user === user ? user : `${become.user} ${become.method ?? ''}`;
}

function lockedError({ who, pid, since }: Partial<Holder>, isBroken: boolean): TaskError {
  const name = who === undefined ? 'another run' : `a run of ${who}${pid === undefined ? '' : ` (process ${pid})`}`;
  const time = since === undefined ? '' : ` since ${since}`;
  return new TaskError(
    `the host is locked: ${name} is changing it${time}`,
    isBroken
      ? 'It could not be ended there: see what it hangs on (ps, dmesg).'
      : 'Nothing was changed. Wait until that run is over (--lock-timeout SECONDS waits for it); if it is stuck, --break-lock ends it on the host and goes on.',
  );
}

function unlessRefused(error: unknown): void {
  if (!(error instanceof TaskError)) throw error;
}

type Some<T> = readonly [T, ...T[]];

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, Some<T>> {
  const groups = new Map<string, [T, ...T[]]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}
