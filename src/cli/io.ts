/** A stream to print to. */
export interface Printer {
  write(text: string): void;
  readonly isTerminal: boolean;
  /** Size of the terminal in characters, now; 80 by 24 when there is none. */
  readonly columns: number;
  readonly rows: number;
}

/** What a command has of the process it runs in. Tests give their own. */
export interface Io {
  readonly output: Printer;
  readonly errors: Printer;
  /** Whether somebody can type an answer. */
  readonly canAsk: boolean;
  /** Asks for text that is not shown. Call only when `canAsk`. @throws Interrupted on ^C. */
  readonly askSecret: (question: string) => Promise<string>;
  /** Asks for a line. Call only when `canAsk`. @throws Interrupted on ^C. */
  readonly askLine: (question: string) => Promise<string>;
  /** Opens `file` in the user's editor and waits for its end; gives its exit code (128 and more for a signal). Call only when `canAsk`. */
  readonly runEditor: (file: string) => Promise<number>;
  /** All of standard input as text, until its end. */
  readonly readInput: () => Promise<string>;
  readonly environment: { readonly [name: string]: string | undefined };
  /** Of this process. */
  readonly pid: number;
  /** Absolute. */
  readonly workingFolder: string;
  /** Calls `handler` at each ^C (SIGINT), SIGTERM and SIGHUP instead of ending the process; the function given back ends that. */
  readonly onInterrupt: (handler: () => void) => () => void;
  /** Calls `handler` with what was thrown where nobody catches it, before those that were given earlier; the function given back ends that. */
  readonly onCrash: (handler: (error: unknown) => void) => () => void;
  /** Ends the process at once. */
  readonly exit: (code: number) => never;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The same, with `hide` over all that is printed. */
export function hiding(io: Io, hide: (text: string) => string): Io {
  const over = (printer: Printer): Printer => ({
    write: (text) => printer.write(hide(text)),
    isTerminal: printer.isTerminal,
    get columns() {
      return printer.columns;
    },
    get rows() {
      return printer.rows;
    },
  });
  return { ...io, output: over(io.output), errors: over(io.errors) };
}

/** The user pressed ^C at a question. Exit code 130. */
export class Interrupted extends Error {
  constructor() {
    super('interrupted');
    this.name = 'Interrupted';
  }
}
