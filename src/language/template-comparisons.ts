import type { Source } from '../values/errors.ts';
import { type Comparison, numeric } from './condition-comparisons.ts';
import type { Call, Operand, Part, Program } from './template-tree.ts';

/** The comparisons of a variable with a number or the text of one: `(eq port "8008")`. In a loop names mean something else; they are not looked at. */
export function templateComparisons(program: Program, at: (offset: number) => Source): readonly Comparison[] {
  return callsIn(program).flatMap((call) => comparison(call, at));
}

function comparison({ name, args, offset }: Call, at: (offset: number) => Source): readonly Comparison[] {
  const [left, right] = args;
  if ((name !== 'eq' && name !== 'ne') || !left || !right) return [];
  const path = pathOf(left) ?? pathOf(right);
  const literal = literalOf(right) ?? literalOf(left);
  if (!path || literal === undefined) return [];
  return [{ path, literal, source: () => at(offset), written: (other) => `(${name} ${path.join('.')} ${other})` }];
}

function pathOf(operand: Operand): readonly string[] | undefined {
  return operand.kind === 'path' && !operand.isData && !operand.isScoped && operand.depth === 0 ? operand.parts : undefined;
}

function literalOf(operand: Operand): number | string | undefined {
  if (operand.kind !== 'literal') return undefined;
  const { value } = operand;
  return typeof value === 'number' || (typeof value === 'string' && numeric.test(value)) ? value : undefined;
}

function callsIn(program: Program): readonly Call[] {
  return program.parts.flatMap(callsOf);
}

function callsOf(part: Part): readonly Call[] {
  switch (part.kind) {
    case 'text':
      return [];
    case 'output':
      return callsWithin(part.value);
    case 'if':
      return [...callsWithin(part.test), ...callsIn(part.body), ...(part.otherwise ? callsIn(part.otherwise) : [])];
    case 'each':
      return callsWithin(part.list);
    case 'with':
      return callsWithin(part.value);
    case 'partial':
      return [...part.named.values()].flatMap(callsWithin);
  }
}

function callsWithin(operand: Operand): readonly Call[] {
  return operand.kind === 'call' ? [operand, ...operand.args.flatMap(callsWithin)] : [];
}
