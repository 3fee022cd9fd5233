import { InputError, type Problem, type Source } from '../values/errors.ts';
import { UnknownValue } from './expression.ts';

/** Collects what is wrong, so that everything can be told at once. Each problem is kept once. */
export class Problems {
  readonly #found = new Map<string, Problem>();
  readonly #lost = new Set<string>();
  #isPartial = false;

  /** Something could not be read that gives names their meaning: what is not defined cannot be told from what was lost. */
  lose(): void {
    this.#isPartial = true;
  }

  /** A name (of a variable, of a handler) that a part which could not be read would have given. */
  loseName(name: string): void {
    this.#lost.add(name);
  }

  get isPartial(): boolean {
    return this.#isPartial;
  }

  get lostNames(): ReadonlySet<string> {
    return this.#lost;
  }

  add(problem: Problem): void {
    const { source, message, severity } = problem;
    const key = JSON.stringify([source?.file, source?.line, source?.column, message, severity]);
    if (!this.#found.has(key)) this.#found.set(key, problem);
  }

  error(message: string, source?: Source, hint?: string): void {
    this.add({ message, ...(source && { source }), ...(hint !== undefined && { hint }) });
  }

  warning(message: string, source?: Source, hint?: string): void {
    this.add({ message, severity: 'warning', ...(source && { source }), ...(hint !== undefined && { hint }) });
  }

  /** Runs `work`; its InputError is collected, and undefined comes back. Whatever else it throws is a defect and goes on. */
  collect<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      error.problems.forEach((problem) => this.add(problem));
      return undefined;
    }
  }

  /** As `collect`; a value that is only known later gives undefined too. */
  collectKnown<T>(work: () => T): T | undefined {
    return this.collect(() => {
      try {
        return work();
      } catch (error) {
        if (error instanceof UnknownValue) return undefined;
        throw error;
      }
    });
  }

  get errors(): readonly Problem[] {
    return this.#sorted().filter(({ severity }) => severity !== 'warning');
  }

  get warnings(): readonly Problem[] {
    return this.#sorted().filter(({ severity }) => severity === 'warning');
  }

  /** All errors, and the warnings, which often explain one of them. */
  asError(): InputError {
    return new InputError([...this.errors, ...this.warnings]);
  }

  /** In the order of files as they were first met, then by line and column; what has no place comes first. */
  #sorted(): readonly Problem[] {
    const all = [...this.#found.values()];
    const files = [...new Set(all.map(({ source }) => source?.file))];
    const order = ({ source }: Problem): readonly number[] => (source ? [files.indexOf(source.file), source.line, source.column] : [-1, 0, 0]);
    return all.sort((a, b) => {
      const [left, right] = [order(a), order(b)];
      return left.map((value, index) => value - (right[index] ?? 0)).find((difference) => difference !== 0) ?? 0;
    });
  }
}
