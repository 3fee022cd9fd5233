import { didYouMean } from '../language/nearest.ts';
import { loadModules } from '../modules/registry.ts';
import { type ModuleReference, type ParamReference, referenceOf } from '../modules/support/reference.ts';
import { safeJson } from '../report/json.ts';
import type { Style } from '../report/style.ts';
import { InputError } from '../values/errors.ts';
import type { Define } from './context.ts';
import { styleFor } from './screen.ts';

interface Arguments {
  readonly json?: true;
  readonly color: boolean;
}

const define: Define = (command, { io }) => {
  command
    .description('Show what a module does, its parameters and examples; without a name, all modules.')
    .argument('[name]', 'a module')
    .option('--json', 'as JSON, for programs')
    .option('--no-color', 'no colours (as with the variable NO_COLOR)')
    .action(async (wanted: string | undefined, options: Arguments) => {
      const modules = await loadModules();
      const names = [...modules.keys()].toSorted();
      if (wanted !== undefined && !modules.has(wanted)) {
        throw InputError.of(`there is no module "${wanted}"`, undefined, didYouMean(wanted, names) ?? 'All are shown by: homerun modules');
      }
      const pages = names
        .filter((name) => wanted === undefined || name === wanted)
        .flatMap((name) => {
          const module = modules.get(name);
          return module ? [referenceOf(name, module)] : [];
        });
      if (options.json) {
        io.output.write(`${safeJson(wanted === undefined ? pages : pages[0], 2)}\n`);
        return;
      }
      const style = styleFor(io.output, io.environment, options.color);
      io.output.write(wanted === undefined ? list(pages, style) : pages.map((page) => pageText(page, style)).join(''));
    });
};
export default define;

function list(pages: readonly ModuleReference[], style: Style): string {
  const width = Math.max(0, ...pages.map((page) => page.name.length));
  return pages.map((page) => `${style.strong(page.name.padEnd(width))}  ${page.summary}\n`).join('');
}

/** A module's page for the terminal. */
export function pageText(page: ModuleReference, style: Style): string {
  const params = page.params.map((param) => `  ${paramText(param, style)}\n`).join('');
  const absent = page.absent.map(({ name, reason }) => `  ${style.strong(name)}: ${reason}\n`).join('');
  const examples = page.examples.map(({ description, task }) => `  # ${description}\n${task.trimEnd().replaceAll(/^/gm, '  ')}\n`).join('\n');
  return [
    `${style.strong(page.name)}: ${page.summary}\n`,
    ...(page.freeForm === undefined ? [] : [`\nText after the module's name is its parameter ${page.freeForm}.\n`]),
    ...(page.takesAny ? ['\nIt takes any parameters, by names of your own.\n'] : []),
    ...(params === '' ? [] : [`\n${style.strong('Parameters')}\n${params}`]),
    ...(absent === '' ? [] : [`\n${style.strong("Parameters of Ansible's that it does not have")}\n${absent}`]),
    ...(examples === '' ? [] : [`\n${style.strong('Examples')}\n${examples}`]),
  ].join('');
}

function paramText(param: ParamReference, style: Style): string {
  const need = param.isRequired ? '; required' : param.default === undefined ? '' : `; default ${param.default}`;
  return `${style.strong(param.name)} ${style.faint(`(${param.type}${need})`)}\n      ${param.description}`;
}
