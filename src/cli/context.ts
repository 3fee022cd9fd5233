import type { Command } from 'commander';
import type { Masker } from '../engine/mask.ts';
import type { run } from '../engine/run.ts';
import type { Io } from './io.ts';

/** The engine: runs playbooks and gives the exit code. */
export type Run = typeof run;

/** What a command file is given to define its command. */
export interface Context {
  readonly io: Io;
  /** Loads the engine, which takes long and is not needed for help. */
  readonly engine: () => Promise<Run>;
  /** Sets the exit code; 0 when it is never called. */
  readonly finish: (code: number) => void;
  /** Hides the secrets that it has learnt in what is told of an error or a crash. */
  readonly masker: Masker;
}

/** Adds arguments, options and the action to `command`. Every command's file has such a function as its default export. */
export type Define = (command: Command, context: Context) => void;
