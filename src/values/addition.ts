import type { Vars } from './vars.ts';

/** What a task adds to the inventory of the run: nothing on any host changes by it. */
export type Addition =
  /** A host that is in it already joins a group; both the group and those above it may be new. */
  | { readonly kind: 'group'; readonly host: string; readonly group: string; readonly parents: readonly string[] }
  /** A host, which may be in it already: then it joins the groups, and the variables count instead of those of its line. */
  | { readonly kind: 'host'; readonly host: string; readonly groups: readonly string[]; readonly vars: Vars };
