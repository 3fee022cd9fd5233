import type { Addition } from './addition.ts';
import type { Command } from './command.ts';
import type { Resource } from './resource.ts';
import type { Secret, Text } from './secret.ts';

/** Text before and after a change. Absent text stands for a file that is not there. What is secret is masked when shown. */
export interface Diff {
  /** What differs: a path, or what a person would call it. */
  readonly label: string;
  readonly before?: Text;
  readonly after?: Text;
  /** Values inside the texts that must be shown as `***` (a Secret text is masked whole where nothing finer is known). */
  readonly secrets?: readonly Secret[];
}

/** A file of the host that is put on the user's own machine. */
export interface Brought {
  /** Absolute; a regular file, or a link to one. */
  readonly from: string;
  /** Absolute, on the user's machine: what is there is replaced, folders above are made. */
  readonly to: string;
  /** The digest that must arrive, hexadecimal. Absent: whatever arrives is taken. */
  readonly sha256?: string | undefined;
  /** Bytes of the file with that digest: no more are taken. */
  readonly size?: number | undefined;
}

/** A host that has gone away, or may have, comes back: it is connected to anew until it does. */
export interface Reconnect {
  /** Seconds until it is given up; 0 tries once. */
  readonly timeoutSeconds: number;
  /** Seconds between two tries. */
  readonly sleepSeconds: number;
  /** Seconds that connecting may take in one try. Default: the inventory's. */
  readonly connectSeconds?: number | undefined;
  /** Run in order once it is connected: it is back when each of them ends with 0. */
  readonly signs: readonly { readonly command: Command /** What to say of a host where it does not. */; readonly otherwise: string }[];
}

/** Whether a change does nothing but let time pass. */
export function isWait({ commands, brings, adds }: Change): boolean {
  return commands.length === 0 && brings === undefined && adds === undefined;
}

/** A part of a change, as a person reads it. */
export interface Part {
  readonly summary: string;
  /** May be found out only when it is to be shown. */
  readonly diff?: Diff | undefined;
}

/** One intended difference on a host: what a person reads, what is run, what it touches. */
export interface Change {
  /** Imperative, without a full stop: `start nginx.service`. Never holds a secret. */
  readonly summary: string;
  readonly diff?: Diff;
  /** What it consists of, where that is much: shown in its place, each as if it were a change. */
  readonly parts?: readonly Part[];
  /** Run in order; the first that ends with a code not among its okCodes stops the task. */
  readonly commands: readonly Command[];
  /** What the commands may touch; `['*']` whenever code of others runs (a package's scripts, a service's start). */
  readonly writes: readonly Resource[];
  /** Files of the host that come to the user's own machine, once the commands are done. */
  readonly brings?: readonly Brought[];
  /** What comes to the inventory of the run instead: the host is not touched, and check mode does it too. */
  readonly adds?: Addition;
  /** Seconds that pass once the commands are done. A change with nothing else to do is a wait: it changes nothing, and check mode leaves it out. */
  readonly waitsSeconds?: number;
  /** After that the host is connected to anew. */
  readonly reconnects?: Reconnect;
  /** There is no state to compare with (`command`, `shell`): done is done, asking again proves nothing. */
  readonly opaque?: true;
  /** With `opaque`: doing it is not counted as a change (a request, of which nobody knows what it does). Check mode skips the task, and says this. */
  readonly uncounted?: string;
  /** The rest can only be planned after this (generate, then merge): ask and plan once more instead of verifying. */
  readonly staged?: true;
}
