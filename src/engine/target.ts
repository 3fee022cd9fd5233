import type { Question } from '../questions/question.ts';
import type { Become, Connection, Session, Step, StepResult } from '../remote/session.ts';
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

  constructor(connection: Connection) {
    this.connection = connection;
  }

  /** The session of an identity; opened once, and a failure to open stays (a wrong password is not tried twice). */
  session(identity: Identity): Promise<Session> {
    const user = identity.become?.user ?? '';
    const open = this.#sessions.get(user) ?? this.connection.session(identity.become);
    this.#sessions.set(user, open);
    return open;
  }

  /** Asks everything in one trip and remembers the answers. @throws UnreachableError, or TaskError when an identity cannot be become. */
  async ask(asked: readonly Asked[]): Promise<void> {
    if (asked.length === 0) return;
    this.trips += 1;
    await Promise.all(byIdentity(asked).map(([identity, questions]) => this.#askAs(identity, questions)));
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
    let results: readonly (StepResult | undefined)[];
    try {
      results = await session.run([...steps, ...batch.steps]);
    } finally {
      forget();
    }
    this.#remember(identity, batch.read(results.slice(steps.length)));
    return results.slice(0, steps.length);
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

function byIdentity(asked: readonly Asked[]): readonly (readonly [Identity, readonly Question[]])[] {
  const groups = new Map<string, [Identity, Question[]]>();
  for (const { identity, question } of asked) {
    const group = groups.get(identity.key);
    if (group) group[1].push(question);
    else groups.set(identity.key, [identity, [question]]);
  }
  return [...groups.values()];
}
