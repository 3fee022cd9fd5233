import type { Value } from '../values/vars.ts';
import type { Operand, Program } from './template-tree.ts';

/** What names mean inside a block; the outermost frame looks into the scope. */
export interface Frame {
  readonly context: Value | undefined;
  readonly data: Readonly<Record<string, Value>>;
  readonly named: ReadonlyMap<string, Value>;
  readonly parent: Frame | undefined;
}

export const outermost: Frame = { context: undefined, data: {}, named: new Map(), parent: undefined };

export function inner(parent: Frame, program: Program, context: Value, values: readonly Value[], data: Readonly<Record<string, Value>>): Frame {
  const named = new Map<string, Value>();
  program.params.forEach((name, index) => {
    const value = values[index];
    if (value !== undefined) named.set(name, value);
  });
  return { context, data, named, parent };
}

export function blockName(frame: Frame, name: string): Value | undefined {
  for (let within: Frame | undefined = frame; within; within = within.parent) {
    const value = within.named.get(name);
    if (value !== undefined) return value;
  }
  return undefined;
}

export function nameOf(operand: Operand): string {
  return operand.kind === 'path' ? `"${operand.text}"` : operand.kind === 'call' ? `what "${operand.name}" gives` : 'this value';
}

export function offsetOf(operand: Operand): number {
  return operand.kind === 'literal' ? 0 : operand.offset;
}
