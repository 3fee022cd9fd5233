import type { Shape } from './completion-shape.ts';

/** The completion of fish: commands and options with what they do; files for the rest. */
export function fishScript(shapes: readonly Shape[]): string {
  const lines = shapes.flatMap((shape) => {
    const condition = conditionOf(shape);
    return [
      ...shape.commands.map(({ name, summary }) => `complete -c homerun -f -n ${quoted(condition)} -a ${name} -d ${quoted(summary)}`),
      ...shape.options.map((option) => {
        const short = option.short === undefined ? '' : ` -s ${option.short.slice(1)}`;
        const value = option.choices ? ` -x -a ${quoted(option.choices.join(' '))}` : option.takesValue ? ' -r' : '';
        return `complete -c homerun -n ${quoted(condition)}${short} -l ${option.long.slice(2)}${value} -d ${quoted(option.summary)}`;
      }),
    ];
  });
  return `# Completion of homerun for fish. Made by: homerun completion fish\n${lines.join('\n')}\n`;
}

/** When the words of the shape have been typed, and no command below it. */
function conditionOf({ words, commands }: Shape): string {
  const typed = words.map((word) => `__fish_seen_subcommand_from ${word}`);
  const below = commands.length > 0 ? [`not __fish_seen_subcommand_from ${commands.map(({ name }) => name).join(' ')}`] : [];
  return [...typed, ...below].join('; and ') || 'true';
}

/** In single quotes fish takes a backslash before a quote or a backslash. */
function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, (character) => `\\${character}`)}'`;
}
