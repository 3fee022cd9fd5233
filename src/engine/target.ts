import type { Question } from '../questions/question.ts';
import type { Become, Connection, Session, Step, StepResult } from '../remote/session.ts';
import { TaskError } from '../values/errors.ts';
import type { Resource } from '../values/resource.ts';
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

/** Makes an identity. The environment is part of it, as it may change what a command answers. */
export function identityOf(become: Become | undefined, environment: Environment): Identity {
  const variables = Object.entries(environment).map(([name, value]) => [name, typeof value === 'string' ? value : value.reveal()]);
  return { ...(become && { become }), environment, key: JSON.stringify([become?.user ?? '', ...variables]) };
}

/** A host as it is reached: its sessions, what is known of it, and how many trips that took. */
export class Target {
  readonly answers = new Answers();
  /** Round trips since the host was ready. Batches of several identities that go out side by side are one. */
  trips = 0;
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

  /** @param dial connects; called when the host is first needed. */
  constructor(dial: (connectSeconds?: number) => Promise<Connection>, isHere = false) {
    this.#dial = dial;
    this.isHere = isHere;
  }

  /** Connects, unless it has. A failure stays: a host that is not there is not tried again for each task. @throws UnreachableError */
  connect(): Promise<Connection> {
    if (this.#connection) return this.#connection;
    this.#connection = this.#dial();
    const noteConnected = (isConnected: boolean): void => {
      this.#isConnected = isConnected;
    };
    this.#connection.then(
      () => noteConnected(true),
      () => noteConnected(false),
    );
    return this.#connection;
  }

  #begun(): void {
    this.#isReached = true;
    this.#tellReached();
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
    this.#sessions.clear();
    this.#refused.clear();
    this.answers.clear();
    this.#connection = this.#dial(connectSeconds);
    await this.#connection;
  }

  /** Never throws. */
  async close(): Promise<void> {
    const connection = await this.#connection?.catch(() => undefined);
    await connection?.close();
  }

  /** The session of an identity; opened once. A failure to open stays (a wrong password is not tried twice) until a change may have cured it. */
  async #session(identity: Identity): Promise<Session> {
    const connection = await this.connect();
    const user = userOf(identity, connection);
    const known = this.#sessions.get(user);
    if (known && (this.#refused.get(user) ?? this.#changes) === this.#changes) return known;
    const changes = this.#changes;
    const session = connection.session(identity.become);
    this.#sessions.set(user, session);
    session.then(
      ({ started }) => {
        this.#refused.delete(user);
        return started.then(() => this.#begun());
      },
      () => this.#refused.set(user, changes),
    );
    return session;
  }

  /**
   * Asks everything in one trip and remembers the answers.
   * @param ahead what later tasks will want. Whom they become may not be there yet: then they ask when their turn has come.
   * @throws UnreachableError, or TaskError when an identity of `asked` cannot be become.
   */
  async ask(asked: readonly Asked[], ahead: readonly Asked[] = []): Promise<void> {
    const connection = await this.connect();
    this.trips += 1;
    const now = new Set(asked.map(({ identity }) => userOf(identity, connection)));
    const users = [...grouped([...asked, ...ahead], ({ identity }) => userOf(identity, connection))];
    const asking = users
      .filter(([user]) => now.has(user) || !this.#refused.has(user))
      .map(([user, group]) => (now.has(user) ? this.#askAs(group) : this.#askAs(group).catch(unlessRefused)));
    await Promise.all(asking);
  }

  /** Runs steps and asks in the same trip; gives the results of the steps. Answers that the `writes` of the steps touch must be invalidated by `between`. */
  async apply(
    identity: Identity,
    steps: readonly Step[],
    questions: readonly Question[],
    forget: () => void,
  ): Promise<readonly (StepResult | undefined)[]> {
    const session = await this.#session(identity);
    const batch = batchOf(questions, identity.environment);
    this.trips += 1;
    this.#changes += 1;
    let results: readonly (StepResult | undefined)[];
    try {
      results = await session.run([...steps, ...batch.steps]);
    } finally {
      forget();
    }
    this.#remember(identity, batch.read(results.slice(steps.length)));
    return results.slice(0, steps.length);
  }

  /** Runs one step that changes nothing, in a trip of its own. @throws UnreachableError */
  async run(identity: Identity, step: Step): Promise<StepResult | undefined> {
    const session = await this.#session(identity);
    this.trips += 1;
    return (await session.run([{ ...step, environment: identity.environment }]))[0];
  }

  /** Asks what all identities of one user want at once: the trips of a session run one after another. */
  async #askAs(asked: Some<Asked>): Promise<void> {
    const batches = [...grouped(asked, ({ identity }) => identity.key).values()].map((group) => {
      const { identity } = group[0];
      const questions = group.map(({ question }) => question);
      return { identity, batch: batchOf(questions, identity.environment) };
    });
    const session = await this.#session(asked[0].identity);
    const results = await session.run(batches.flatMap(({ batch }) => batch.steps));
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

/** Who the commands of an identity run as: to become the user that logged in is to stay that user. */
function userOf({ become }: Identity, { user }: Connection): string {
  return become?.user ?? user;
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
