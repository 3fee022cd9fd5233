import type { ModuleReference, ParamReference } from '../../src/modules/support/reference.ts';

/**
 * A module's page for docs/reference/modules.
 * @param others its other names.
 * @param registered what it adds to a registered result, by name with its kind.
 */
export function modulePage(page: ModuleReference, others: readonly string[], registered: ReadonlyMap<string, string>): string {
  const { name, summary, freeForm, takesAny, params, absent, examples } = page;
  return [
    `# ${name}`,
    generated,
    plain(summary),
    ...(others.length > 0 ? [`Also called ${others.map(code).join(', ')}.`] : []),
    ...(freeForm === undefined ? [] : [`Text after the module's name is its parameter \`${freeForm}\`.`]),
    ...(takesAny ? ['It takes any parameters, by names of your own.'] : []),
    ...(params.length > 0 ? ['## Parameters', table(['parameter', 'type', 'default', 'meaning'], params.map(paramRow))] : []),
    '## Examples',
    ...examples.flatMap(({ description, task }) => [`${plain(description.replace(/\.$/, ''))}:`, `\`\`\`yaml\n${asItem(task)}\n\`\`\``]),
    ...(registered.size > 0
      ? [
          '## What `register` keeps',
          `Besides what [every module](README.md#register) gives:`,
          table(
            ['name', 'kind'],
            [...registered].map(([key, kind]) => [code(key), kind]),
          ),
        ]
      : []),
    ...(absent.length > 0
      ? [
          "## Parameters of Ansible's that it does not have",
          table(
            ['parameter', 'why, or what to write instead'],
            absent.map(({ name: param, reason }) => [code(param), reason]),
          ),
        ]
      : []),
  ]
    .join('\n\n')
    .concat('\n');
}

/** The page that lists all modules. */
export function modulesIndex(pages: readonly ModuleReference[], ownName: (name: string) => string): string {
  const rows = pages.map(({ name, summary }) => {
    const own = ownName(name);
    return [`[${name}](${own}.md)`, own === name ? summary : `Another name of ${code(own)}.`];
  });
  return `# Modules\n\n${generated}\n\n${table(['module', 'what it does'], rows)}\n\n## register\n\n${everyResult}\n`;
}

/** Above every page that is made: who changes it by hand loses it. */
export const generated = '<!-- Made from the source by `npm run docs`: change that, not this. -->';

const everyResult = `What \`register\` keeps of every module: \`changed\`, \`failed\`, \`skipped\`, and \`msg\` where there is something to say; \`rc\`, \`stdout\`, \`stderr\`,
\`stdout_lines\` and \`stderr_lines\` where commands of the task ran. In a loop \`results\` has that for each item.`;

function paramRow({ name, type, isRequired, default: value, description }: ParamReference): readonly string[] {
  return [code(name), type, isRequired ? '**required**' : value === undefined ? '' : code(value), description];
}

function asItem(task: string): string {
  return `- ${task.trimEnd().replaceAll(/\n(?=.)/g, '\n  ')}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => plain(cell).replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

/** Outside code, what looks like a tag is text. */
function plain(text: string): string {
  return text.replaceAll(/(`[^`]*`)|</g, (match, inCode: string | undefined) => inCode ?? match.replace('<', '&lt;'));
}

function code(text: string): string {
  return `\`${text}\``;
}
