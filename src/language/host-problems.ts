import type { Problem } from '../values/errors.ts';
import { Problems } from './problems.ts';

/** Problems of a play, found host by host: one that several hosts share is told once. */
export class HostProblems {
  readonly #hosts: readonly string[];
  readonly #byHost = new Map<string, Problems>();

  /** @param hosts the hosts of the play. */
  constructor(hosts: readonly string[]) {
    this.#hosts = hosts;
  }

  /** The collection of one host. */
  of(host: string): Problems {
    const problems = this.#byHost.get(host) ?? new Problems();
    this.#byHost.set(host, problems);
    return problems;
  }

  /** Adds everything to `problems`; a problem that not every host of the play has names those that have it. */
  reportTo(problems: Problems): void {
    const found = new Map<string, { readonly problem: Problem; readonly hosts: string[] }>();
    for (const [host, own] of this.#byHost) {
      for (const problem of [...own.errors, ...own.warnings]) {
        const key = JSON.stringify(problem);
        const entry = found.get(key) ?? { problem, hosts: [] };
        entry.hosts.push(host);
        found.set(key, entry);
      }
    }
    for (const { problem, hosts } of found.values()) {
      const isShared = hosts.length === this.#hosts.length || hosts.some((host) => problem.message.includes(`"${host}"`));
      problems.add(isShared ? problem : { ...problem, message: `${problem.message} (on ${named(hosts)})` });
    }
  }
}

const mostNamed = 3;

function named(hosts: readonly string[]): string {
  const more = hosts.length - mostNamed;
  return more > 1 ? `${hosts.slice(0, mostNamed).join(', ')} and ${more} more` : hosts.join(', ');
}
