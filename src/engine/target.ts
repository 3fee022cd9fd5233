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

/** A connected host: its sessions, what is known of it, and how many trips that took. */
export class Target {
  readonly answers = new Answers();
  /** Round trips since the host was ready. Batches of several identities that go out side by side are one. */
  trips = 0;
  /** What the changes that check mode did not make would have written. */
  readonly predicted: Resource[] = [];
  readonly connection: Connection;
  readonly #sessions = new Map<string, Promise<Session>>();
  /** How many changes had been tried when a user could not be become. */
  readonly #refused = new Map<string, number>();
  #changes = 0;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  /** The session of an identity; opened once. A failure to open stays (a wrong password is not tried twice) until a change may have cured it. */
  session(identity: Identity): Promise<Session> {
    const user = this.#userOf(identity);
    const known = this.#sessions.get(user);
    if (known && (this.#refused.get(user) ?? this.#changes) === this.#changes) return known;
    const changes = this.#changes;
    const session = this.connection.session(identity.become);
    this.#sessions.set(user, session);
    session.then(
      () => this.#refused.delete(user),
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
    this.trips += 1;
    const now = new Set(asked.map(({ identity }) => this.#userOf(identity)));
    const users = [...grouped([...asked, ...ahead], ({ identity }) => this.#userOf(identity))];
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
    const session = await this.session(identity);
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
    const session = await this.session(identity);
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
    const session = await this.session(asked[0].identity);
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

  /** Who the commands of an identity run as: to become the user that logged in is to stay that user. */
  #userOf({ become }: Identity): string {
    return become?.user ?? this.connection.user;
  }
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
