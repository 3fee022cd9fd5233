import { Argument } from 'commander';
import { inventorySchema } from '../language/schema-inventory.ts';
import { playbookSchema } from '../language/schema-playbook.ts';
import { loadModules } from '../modules/registry.ts';
import { schemaOf } from '../modules/support/params-schema.ts';
import { safeJson } from '../report/json.ts';
import type { Define } from './context.ts';

const help = `
Write it to a file, and name that in the first line of a playbook; editors with yaml-language-server then mark what is wrong:
  homerun schema > playbook.schema.json
  # yaml-language-server: $schema=../playbook.schema.json`;

const define: Define = (command, { io }) => {
  command
    .description('Print the JSON Schema of playbooks (with all modules and their parameters), of files of tasks or of inventories, for editors.')
    .addArgument(new Argument('[of]', 'what it describes').choices(['playbook', 'tasks', 'inventory']).default('playbook'))
    .addHelpText('after', help)
    .action(async (of: 'playbook' | 'tasks' | 'inventory') => {
      io.output.write(`${safeJson(of === 'inventory' ? inventorySchema() : await ofPlaybooks(of), 2)}\n`);
    });
};
export default define;

async function ofPlaybooks(of: 'playbook' | 'tasks') {
  const modules = await loadModules();
  return playbookSchema(
    [...modules].map(([name, module]) => schemaOf(name, module)),
    of,
  );
}
