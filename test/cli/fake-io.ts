import type { Io } from '../../src/cli/io.ts';

/** Thrown in place of the end of the process. */
export class Exited extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

export interface FakeIo extends Io {
  /** What was printed so far. */
  readonly printed: () => { readonly output: string; readonly errors: string };
  /** Throws where nobody catches. */
  readonly crash: (error: unknown) => void;
  /** Presses ^C. */
  readonly interrupt: () => void;
}

interface Settings {
  readonly environment?: Io['environment'];
  readonly workingFolder?: string;
  readonly isTerminal?: boolean;
  /** Answers to questions, in order; without any there is nobody to ask. An error is thrown instead of an answer. */
  readonly answers?: readonly (string | Error)[];
  readonly input?: string;
  /** Stands for the user's editor. */
  readonly editor?: (file: string) => number | Promise<number>;
}

/** The process as commands see it, without a process. What is not set refuses. */
export function fakeIo(settings: Settings = {}): FakeIo {
  let output = '';
  let errors = '';
  const handlers = new Set<() => void>();
  const crashed = new Set<(error: unknown) => void>();
  const answers = [...(settings.answers ?? [])];
  const size = { isTerminal: settings.isTerminal === true, columns: 100, rows: 24 };
  const answer = async (question: string): Promise<string> => {
    errors += `${question}\n`;
    const next = answers.shift();
    if (next === undefined) throw new Error(`nobody answers: ${question}`);
    if (next instanceof Error) throw next;
    return next;
  };
  return {
    output: { ...size, write: (text) => (output += text) },
    errors: { ...size, write: (text) => (errors += text) },
    canAsk: settings.answers !== undefined,
    askSecret: answer,
    askLine: answer,
    runEditor: (file) => {
      if (!settings.editor) throw new Error('there is no editor');
      return Promise.resolve(settings.editor(file));
    },
    readInput: () => {
      if (settings.input === undefined) throw new Error('nothing is on standard input');
      return Promise.resolve(settings.input);
    },
    environment: settings.environment ?? {},
    pid: process.pid,
    workingFolder: settings.workingFolder ?? '/nowhere',
    onInterrupt: (handler) => {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
    onCrash: (handler) => {
      crashed.add(handler);
      return () => crashed.delete(handler);
    },
    exit: (code) => {
      throw new Exited(code);
    },
    now: () => Date.UTC(2026, 0, 2, 3, 4, 5),
    printed: () => ({ output, errors }),
    crash: (error) => {
      if (crashed.size === 0) throw new Error('nobody listens to what is thrown');
      for (const handler of [...crashed].reverse()) handler(error);
    },
    interrupt: () => {
      if (handlers.size === 0) throw new Error('nobody listens to ^C');
      for (const handler of handlers) handler();
    },
  };
}
