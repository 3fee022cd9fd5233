import type { Node } from './node.ts';
import type { PlaybookReader } from './playbook.ts';
import type { Layer } from './variables.ts';

/** What a play's variables may be: a file in the form of Ansible's argument specs of a role. */
export interface ArgumentSpecs {
  readonly defaults: Layer;
}

export function readSpecs(node: Node | undefined, _reader: PlaybookReader): ArgumentSpecs | undefined {
  return node && undefined;
}
