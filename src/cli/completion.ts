import { Argument } from 'commander';
import { bashScript } from './completion-bash.ts';
import { fishScript } from './completion-fish.ts';
import { shapesOf } from './completion-shape.ts';
import { zshScript } from './completion-zsh.ts';
import type { Define } from './context.ts';
import { entries, programFor } from './program.ts';

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

const help = `
Bash:  homerun completion bash > ~/.local/share/bash-completion/completions/homerun
Zsh:   homerun completion zsh > ~/.zfunc/_homerun    (with fpath+=~/.zfunc before compinit in .zshrc)
Fish:  homerun completion fish > ~/.config/fish/completions/homerun.fish`;

const define: Define = (command, context) => {
  command
    .addArgument(new Argument('<shell>', 'the shell that shall complete').choices(Object.keys(scripts)))
    .addHelpText('after', help)
    .action(async (shell: keyof typeof scripts) => {
      const program = await programFor(new Set(entries.map(({ name }) => name)), context);
      context.io.output.write(scripts[shell](shapesOf(program)));
    });
};
export default define;
