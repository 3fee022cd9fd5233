import { quoted, type Shape } from './completion-shape.ts';

/** The completion of zsh (zshcompsys(1)): commands and options with what they do; files for the rest. */
export function zshScript(shapes: readonly Shape[]): string {
  const functions = shapes.map((shape) => {
    const options = shape.options.map((option) => `    ${optionSpec(option)} \\\n`).join('');
    if (shape.commands.length === 0) return `${functionOf(shape)}() {\n  _arguments -s \\\n${options}    '*:file:_files'\n}\n`;
    const commands = shape.commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary.replaceAll(':', '\\:')}`)}\n`).join('');
    const cases = shape.commands.map(({ name }) => `        ${name}) ${functionOf({ ...shape, words: [...shape.words, name] })} ;;\n`).join('');
    return `${functionOf(shape)}() {
  local state line
  local -a commands=(
${commands}  )
  _arguments -C \\
${options}    '1: :->command' '*:: :->rest'
  case $state in
    command) _describe command commands ;;
    rest)
      case $line[1] in
${cases}      esac ;;
  esac
}
`;
  });
  return `#compdef homerun
# Completion of homerun for zsh. Made by: homerun completion zsh
${functions.join('')}
if [ "$funcstack[1]" = _homerun ]; then _homerun "$@"; else compdef _homerun homerun; fi
`;
}

function functionOf(shape: Pick<Shape, 'words'>): string {
  return ['_homerun', ...shape.words].join('_');
}

function optionSpec(option: Shape['options'][number]): string {
  const summary = option.summary.replaceAll(/[[\]]/g, (bracket) => `\\${bracket}`).replaceAll(':', '\\:');
  const value = option.takesValue ? `:value:${option.choices ? `(${option.choices.join(' ')})` : '_files'}` : '';
  const names = option.short === undefined ? [option.long] : [option.short, option.long];
  const repeated = option.isRepeatable ? '*' : '';
  return names.map((name) => quoted(`${repeated}${name}[${summary}]${value}`)).join(' ');
}
