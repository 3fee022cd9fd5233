import type { Source } from '../values/errors.ts';
import { folderVariables } from './lookup-file.ts';
import type { Operand, Part, Program } from './template-tree.ts';

/** The variables that a template reads, as far as its text shows. */
export interface ProgramVariables {
  readonly variables: ReadonlySet<string>;
  /** Those that must be defined, as `default` and `defined` do not stand before them, with the offset of their first use. */
  readonly required: ReadonlyMap<string, number>;
}

/** The places of names, found when they are asked for. */
export function placed(required: ReadonlyMap<string, number>, at: (offset: number) => Source): ReadonlyMap<string, () => Source> {
  return new Map([...required].map(([name, offset]) => [name, () => at(offset)]));
}

/** Where a name stands: how deep in blocks, and which names blocks have given. */
interface Place {
  readonly depth: number;
  readonly given: ReadonlySet<string>;
  readonly isGuarded: boolean;
  /** Variables that a condition around it found defined. */
  readonly found: ReadonlySet<string>;
}

/** Pure. */
export function programVariables(program: Program): ProgramVariables {
  const variables = new Set<string>();
  const required = new Map<string, number>();
  const note: Note = (name, offset, place) => {
    if (name === undefined) return;
    variables.add(name);
    if (!place.isGuarded && !place.found.has(name) && !required.has(name)) required.set(name, offset);
  };
  walk(program, { depth: 0, given: new Set(), isGuarded: false, found: new Set() }, note);
  return { variables, required };
}

type Note = (name: string | undefined, offset: number, place: Place) => void;

function walk(program: Program, place: Place, note: Note): void {
  for (const part of program.parts) walkPart(part, place, note);
}

function walkPart(part: Part, place: Place, note: Note): void {
  switch (part.kind) {
    case 'text':
      return;
    case 'output':
      return walkOperand(part.value, place, note);
    case 'partial':
      if (part.context) walkOperand(part.context, place, note);
      for (const operand of part.named.values()) walkOperand(operand, place, note);
      return;
    case 'if':
      walkOperand(part.test, place, note);
      walk(part.body, part.negated ? place : whereHolds(part.test, place), note);
      if (part.otherwise) walk(part.otherwise, part.negated ? whereHolds(part.test, place) : place, note);
      return;
    case 'each':
    case 'with':
      walkOperand(part.kind === 'each' ? part.list : part.value, place, note);
      walk(part.body, { ...place, depth: place.depth + 1, given: new Set([...place.given, ...part.body.params]) }, note);
      if (part.otherwise) walk(part.otherwise, place, note);
  }
}

function walkOperand(operand: Operand, place: Place, note: Note): void {
  if (operand.kind === 'call') {
    const isGuard = operand.name === 'default' || operand.name === 'defined';
    if (operand.name === 'file') for (const name of folderVariables) note(name, operand.offset, { ...place, isGuarded: true });
    const [test] = operand.args;
    operand.args.forEach((arg, index) => {
      if (isGuard && index === 0) walkOperand(arg, { ...place, isGuarded: true }, note);
      else walkOperand(arg, operand.name === 'if' && index === 1 && test ? whereHolds(test, place) : place, note);
    });
  } else if (operand.kind === 'path') {
    const [first, second] = operand.parts;
    if (operand.isData) return first === 'root' ? note(second, operand.offset, place) : undefined;
    if (operand.depth < place.depth || (!operand.isScoped && first !== undefined && place.given.has(first))) return;
    note(first, operand.offset, place);
  }
}

/** The place of what is evaluated only where `test` holds: what it asks `defined` of is defined there. */
function whereHolds(test: Operand, place: Place): Place {
  const found = new Set(place.found);
  noteDefined(test, place, (name) => name !== undefined && found.add(name));
  return { ...place, found };
}

function noteDefined(test: Operand, place: Place, note: Note): void {
  if (test.kind !== 'call') return;
  if (test.name === 'defined' || test.name === 'and')
    for (const arg of test.args) (test.name === 'and' ? noteDefined : walkOperand)(arg, place, note);
}
