import picocolors from 'picocolors';
import type { Status } from '../engine/event.ts';

/** Colours of the screen: Ansible's, so that red, yellow and green mean what people are used to. */
export interface Style {
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly warning: (text: string) => string;
  readonly status: { readonly [status in Status]: (text: string) => string };
  readonly diff: { readonly added: (text: string) => string; readonly removed: (text: string) => string; readonly place: (text: string) => string };
}

/** @param colour false gives text without any escape sequence. */
export function styleOf(colour: boolean): Style {
  const { bold, dim, red, green, yellow, cyan, magenta } = picocolors.createColors(colour);
  return {
    strong: bold,
    faint: dim,
    warning: magenta,
    status: { ok: green, changed: yellow, skipped: cyan, failed: red, unreachable: (text) => bold(red(text)) },
    diff: { added: green, removed: red, place: cyan },
  };
}
