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
    const user = userOf(identity);
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
    const now = new Set(asked.map(({ identity }) => identity.key));
    const groups = byIdentity([...asked, ...ahead]).filter(([identity]) => now.has(identity.key) || !this.#refused.has(userOf(identity)));
    const asking = groups.map(([identity, questions]) =>
      now.has(identity.key) ? this.#askAs(identity, questions) : this.#askAs(identity, questions).catch(unlessRefused),
    );
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

  async #askAs(identity: Identity, questions: readonly Question[]): Promise<void> {
    const session = await this.session(identity);
    const batch = batchOf(questions, identity.environment);
    this.#remember(identity, batch.read(await session.run(batch.steps)));
  }

  #remember(identity: Identity, read: readonly { readonly question: Question; readonly known: Known }[]): void {
    for (const { question, known } of read) this.answers.set(identity.key, question, known);
  }
}

function userOf({ become }: Identity): string {
  return become?.user ?? '';
}

function unlessRefused(error: unknown): void {
  if (!(error instanceof TaskError)) throw error;
}

function byIdentity(asked: readonly Asked[]): readonly (readonly [Identity, readonly Question[]])[] {
  const groups = new Map<string, [Identity, Question[]]>();
  for (const { identity, question } of asked) {
    const group = groups.get(identity.key);
    if (group) group[1].push(question);
    else groups.set(identity.key, [identity, [question]]);
  }
  return [...groups.values()];
}
