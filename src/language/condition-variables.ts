import type { ASTNode } from './condition.ts';
import { folderVariables } from './lookup-file.ts';
import type { ProgramVariables } from './template-variables.ts';

/** Macros whose first argument names a variable that only their other arguments know. */
const binders = new Set(['all', 'exists', 'exists_one', 'existsOne', 'filter', 'map', 'optMap', 'optFlatMap', 'bind']);

export interface CelNames extends ProgramVariables {
  /** Names of CEL's own (`map`, `type`), which hide variables that are called like that. */
  readonly builtIn: ReadonlyMap<string, number>;
}

/**
 * The variables that a condition reads.
 * @param isBuiltIn tells CEL's own names (`int`, `type`).
 */
export function celVariables(ast: ASTNode, isBuiltIn: (name: string) => boolean): CelNames {
  const variables = new Set<string>();
  const required = new Map<string, number>();
  const guarded = new Set<string>();
  let isGuarded = false;
  const builtIn = new Map<string, number>();
  walk(ast, new Set(['vars', 'cel', 'optional']));
  return { variables, builtIn, required: new Map([...required].filter(([name]) => !guarded.has(name))) };

  function walk(node: ASTNode, bound: ReadonlySet<string>): void {
    const ofVars = fieldOfVars(node);
    if (ofVars !== undefined) {
      variables.add(ofVars);
      guarded.add(ofVars);
    } else if (node.op === 'id') {
      if (bound.has(node.args)) return;
      if (isBuiltIn(node.args)) {
        builtIn.set(node.args, node.range.start);
        return;
      }
      variables.add(node.args);
      if (!isGuarded && !required.has(node.args)) required.set(node.args, node.range.start);
    } else if (node.op === 'call') {
      const [name, args] = node.args;
      if (name === 'file') for (const folder of folderVariables) variables.add(folder);
      const [first, ...rest] = name === 'default' || name === 'defined' ? args : [undefined, ...args];
      if (first) walkGuarded(first, bound);
      for (const arg of rest) if (arg) walk(arg, bound);
    } else if (node.op === 'rcall') {
      const [name, receiver, args] = node.args;
      walk(receiver, bound);
      const [first, ...rest] = args;
      if (binders.has(name) && first?.op === 'id') for (const arg of rest) walk(arg, new Set([...bound, first.args]));
      else for (const arg of args) walk(arg, bound);
    } else {
      for (const child of children(node.args)) walk(child, bound);
    }
  }

  /** What need not be there: `default(name, …)`, `defined(name)`. */
  function walkGuarded(node: ASTNode, bound: ReadonlySet<string>): void {
    const outer = isGuarded;
    isGuarded = true;
    walk(node, bound);
    isGuarded = outer;
  }
}

/** The variable's name in `vars.name`, `vars.?name`, `vars["name"]`. */
function fieldOfVars(node: ASTNode): string | undefined {
  if (node.op !== '.' && node.op !== '.?' && node.op !== '[]' && node.op !== '[?]') return undefined;
  const [object, field] = node.args;
  if (object.op !== 'id' || object.args !== 'vars') return undefined;
  if (typeof field === 'string') return field;
  return field.op === 'value' && typeof field.args === 'string' ? field.args : undefined;
}

/** The nodes among an operator's arguments, which are nodes, lists of nodes, or plain values. */
function children(args: unknown): readonly ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(children);
  return typeof args === 'object' && args !== null && 'op' in args ? [args as ASTNode] : [];
}
