import { shapesOf } from '../../src/cli/completion-shape.ts';
import { entries, main, programFor } from '../../src/cli/program.ts';
import { Masker } from '../../src/engine/mask.ts';
import { loadModules, ownName } from '../../src/modules/registry.ts';
import { referenceOf } from '../../src/modules/support/reference.ts';
import { fakeIo } from '../cli/fake-io.ts';
import { licencesPage } from '../supply/licences-page.ts';
import { helpersPage } from './helpers-page.ts';
import { generated, modulePage, modulesIndex } from './module-page.ts';
import { registeredBy } from './registered.ts';

/** The folder of the pages of modules: it holds no other file. */
export const modulesFolder = 'docs/reference/modules';

/** Every page of the reference that is made from the source: its text by its path in the project. */
export async function pages(): Promise<ReadonlyMap<string, string>> {
  const modules = await loadModules();
  const references = [...modules].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([name, module]) => referenceOf(name, module));
  const own = references.filter(({ name }) => ownName(name) === name);
  const made = await Promise.all(
    own.map(async (reference): Promise<readonly [string, string]> => {
      const { name } = reference;
      const others = references.flatMap((other) => (other.name !== name && ownName(other.name) === name ? [other.name] : []));
      return [`${modulesFolder}/${name}.md`, modulePage(reference, others, await registeredBy(name))];
    }),
  );
  return new Map([
    ...made,
    [`${modulesFolder}/README.md`, modulesIndex(references, ownName)],
    ['docs/reference/command-line.md', await commandLinePage()],
    ['docs/reference/helpers.md', helpersPage()],
    ['docs/reference/licences.md', licencesPage()],
  ]);
}

/** What each command says when it is asked for help. */
async function commandLinePage(): Promise<string> {
  const context = { io: fakeIo(), engine: noEngine, finish: () => undefined, masker: new Masker() };
  const program = await programFor(new Set(entries.map(({ name }) => name)), context);
  const sections = await Promise.all(
    shapesOf(program).map(async ({ words }) => `## ${['homerun', ...words].join(' ')}\n\n\`\`\`text\n${await helpOf(words)}\n\`\`\``),
  );
  return `# The command line\n\n${generated}\n\n${sections.join('\n\n')}\n`;
}

async function helpOf(words: readonly string[]): Promise<string> {
  const io = fakeIo();
  await main([...words, '--help'], io, noEngine);
  return io
    .printed()
    .output.trimEnd()
    .replaceAll(/[ \t]+$/gm, '');
}

function noEngine(): Promise<never> {
  return Promise.reject(new Error('nothing is run for help'));
}
