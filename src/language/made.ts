import { tasksIn } from './handlers.ts';
import { checkVariableName } from './layer.ts';
import type { Entry, Node } from './node.ts';
import type { Made, Play } from './play.ts';
import type { Problems } from './problems.ts';

const hostWords = ['name', 'hostname', 'host'];
const groupWords = ['groups', 'groupname', 'group'];

/** What a task of `module` with these parameters may add to the inventory; undefined for a module that adds nothing. */
export function madeBy(module: string, params: readonly Entry[], problems: Problems): Made | undefined {
  const textsOf = (names: readonly string[]) => params.filter(({ key }) => names.includes(key)).flatMap(({ value }) => texts(value));
  if (module === 'group_by') {
    // Blanks become dashes, but for those within templates.
    const groups = textsOf(['key', 'parents']).map((text) => text.replaceAll(/\{\{.*?\}\}| /gs, (found) => (found === ' ' ? '-' : found)));
    return { hosts: [], groups: groups.filter((name) => name !== 'all'), variables: [] };
  }
  if (module !== 'add_host') return undefined;
  const variables = params.filter(({ key }) => ![...hostWords, ...groupWords].includes(key));
  for (const { key, keyNode } of variables) checkVariableName(key, keyNode.source, problems);
  return {
    hosts: textsOf(hostWords).flatMap((text) => [text, ...(/^((?:\{\{.*?\}\}|[^:{])+):/s.exec(text)?.slice(1) ?? [])]),
    groups: textsOf(groupWords)
      .flatMap((text) => (text.match(/(?:\{\{.*?\}\}|[^,])+/gs) ?? []).map((part) => part.trim()))
      .filter((name) => name !== 'all'),
    // A port behind the name is a variable too.
    variables: [...variables.map(({ key }) => key), 'ansible_ssh_port'],
  };
}

function texts(node: Node): readonly string[] {
  if (node.kind === 'scalar') return [node.text];
  return node.kind === 'list' ? node.items.flatMap(texts) : [];
}

/** What the tasks of a play may add to the inventory. */
export function madeIn({ tasks, handlers }: Play): readonly Made[] {
  return tasksIn([...tasks, ...handlers.map(({ task }) => task)]).flatMap(({ makes }) => makes ?? []);
}
