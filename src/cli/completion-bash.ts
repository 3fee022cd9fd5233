import { quoted, type Shape } from './completion-shape.ts';

/** The completion of bash: commands, options and their fixed values; files for the rest. */
export function bashScript(shapes: readonly Shape[]): string {
  const names = shapes.filter((shape) => shape.words.length > 0).map((shape) => quoted(shape.words.join(' ')));
  const values = shapes.flatMap((shape) =>
    shape.options.flatMap((option) =>
      option.choices ? [{ after: quoted([...shape.words, option.long].join(' ')), choices: quoted(option.choices.join(' ')) }] : [],
    ),
  );
  return `# Completion of homerun for bash. Made by: homerun completion bash
_homerun() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command= word offered=
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case " \${command:+$command }$word" in
      ${names.map((name) => `' '${name}`).join('|')}) command=\${command:+$command }$word ;;
    esac
  done
  case "$command $previous" in
${values.map(({ after, choices }) => `    ${after}) COMPREPLY=($(compgen -W ${choices} -- "$current")); return ;;\n`).join('')}  esac
  case $command in
${shapes.map((shape) => `    ${quoted(shape.words.join(' '))}) offered=${quoted(offeredBy(shape))} ;;\n`).join('')}  esac
  COMPREPLY=($(compgen -W "$offered" -- "$current"))
}
complete -o default -F _homerun homerun
`;
}

/** Options are offered beside commands: bash shows those that begin with what was typed. */
function offeredBy(shape: Shape): string {
  return [...shape.commands.map((command) => command.name), ...shape.options.map((option) => option.long)].join(' ');
}
