import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { isRecipient, newIdentity, recipientOf } from '../language/age.ts';
import { identityFile, readIdentities } from '../language/identity.ts';
import { didYouMean } from '../language/nearest.ts';
import { readSecretsFile, secretsFileOf } from '../language/secrets.ts';
import { formatSecretsFile, openDespiteNames, openSecretsFile, type SecretsFile, sealSecrets, secretName } from '../language/secrets-file.ts';
import { InputError } from '../values/errors.ts';
import type { Define } from './context.ts';
import type { Io } from './io.ts';
import { collect, defaultInventory } from './options.ts';
import { createPrivate, writePrivate } from './private-file.ts';
import { editSecrets } from './secret-edit.ts';
import { newSecretValue } from './secret-value.ts';

interface Place {
  readonly inventory: string;
}

const define: Define = (command, { io }) => {
  command
    .description('Keep passwords and keys in an encrypted file in the inventory folder. Playbooks read one with: "{{ secret \'NAME\' }}"')
    .usage('COMMAND [options]')
    .helpCommand(false);
  const place = (of: Command) => of.option('-i, --inventory <path>', 'inventory file or folder', defaultInventory);
  place(command.command('init').description('Make the secrets file, and your own key if you have none.'))
    .option('--recipient <age1…>', 'let the owner of this public key read it too; can be repeated', collect)
    .action((options: Place & { readonly recipient?: readonly string[] }) => init(io, options));
  place(command.command('set').description('Set a value. It is asked for, or read from standard input (one newline at the end is dropped).'))
    .argument('<name>')
    .option('--generate', 'make a random value of 32 letters and digits')
    .action(async (name: string, options: Place & { readonly generate?: true }) => {
      const { file, content, values } = await open(io, options);
      checkName(name);
      const value = await newSecretValue(name, options.generate === true, io);
      await save(file, new Map([...values, [name, value]]), content.recipients);
      io.errors.write(`${file}: ${name} is ${values.has(name) ? 'replaced' : 'set'}.\n`);
    });
  place(command.command('get').description('Print a value.'))
    .argument('<name>')
    .action(async (name: string, options: Place) => {
      const { file, values } = await open(io, options);
      const value = values.get(name);
      if (value === undefined) {
        throw InputError.of(
          `${file} has no secret "${name}"`,
          undefined,
          didYouMean(name, values.keys()) ?? `See: homerun secret list${given(options)}`,
        );
      }
      io.output.write(`${value}\n`);
    });
  place(command.command('list').description('Print the names.')).action((options: Place) => {
    const { content } = read(options);
    for (const name of content.names) io.output.write(`${name}\n`);
  });
  place(command.command('edit').description('Change all values in your editor ($VISUAL, $EDITOR, else vi).')).action(async (options: Place) => {
    const { file, content } = read(options);
    const values = await openDespiteNames(content, readIdentities(io.environment, dirname(file)), file);
    const edited = await editSecrets(values, io);
    const isSame = edited === undefined || JSON.stringify([...edited]) === JSON.stringify([...values]);
    const hasNames = [...values.keys()].toSorted().join('\n') === content.names.join('\n');
    if (!isSame || !hasNames) await save(file, edited ?? values, content.recipients);
    io.errors.write(isSame ? 'Nothing was changed.\n' : `${file} is saved.\n`);
  });
  place(command.command('rekey').description('Encrypt the file anew, also for others or no longer for some.'))
    .option('--add <age1…>', 'let the owner of this public key read it; can be repeated', collect)
    .option('--remove <age1…>', 'no longer let its owner read it; can be repeated', collect)
    .action((options: Place & { readonly add?: readonly string[]; readonly remove?: readonly string[] }) => rekey(io, options));
};
export default define;

async function init(io: Io, options: Place & { readonly recipient?: readonly string[] }): Promise<void> {
  const file = secretsFileOf(options.inventory);
  await checkRecipients(options.recipient ?? []);
  if (!existsSync(dirname(file))) {
    throw InputError.of(`there is no folder ${dirname(file)} for the secrets file`, undefined, 'Make it, or name your inventory with -i PATH.');
  }
  const own = await ownRecipient(io, dirname(file));
  if (existsSync(file)) {
    const content = readSecretsFile(file);
    if (content?.recipients.includes(own))
      throw InputError.of(`${file} is there already`, undefined, `Set a value with: homerun secret set NAME${given(options)}`);
    throw InputError.of(
      `${file} is there already, and you cannot read it`,
      undefined,
      `Ask one who can for: homerun secret rekey --add ${own}${given(options)}`,
    );
  }
  createPrivate(file, formatSecretsFile(await sealSecrets(new Map(), [...new Set([own, ...(options.recipient ?? [])])])));
  io.errors.write(`${file} is made. Set a value with: homerun secret set NAME${given(options)}\n`);
}

/** The user's own public key; makes a key when there is none. */
async function ownRecipient(io: Io, folder: string): Promise<string> {
  const keyFile = identityFile(io.environment, folder);
  if (existsSync(keyFile)) {
    const [identity = ''] = readIdentities(io.environment, folder);
    return recipientOf(identity);
  }
  const { identity, recipient } = await newIdentity();
  createPrivate(keyFile, `# public key: ${recipient}\n${identity}\n`);
  io.errors.write(`Your key is made: ${keyFile}. Keep a copy: without it nobody can read the secrets.\n`);
  return recipient;
}

async function rekey(io: Io, options: Place & { readonly add?: readonly string[]; readonly remove?: readonly string[] }): Promise<void> {
  const { file, content, values } = await open(io, options);
  await checkRecipients(options.add ?? []);
  const removed = options.remove ?? [];
  const stranger = removed.find((recipient) => !content.recipients.includes(recipient));
  if (stranger !== undefined) throw InputError.of(`${file} is not encrypted to ${stranger}`, undefined, `It is to: ${content.recipients.join(', ')}`);
  const recipients = [...new Set([...content.recipients, ...(options.add ?? [])])].filter((recipient) => !removed.includes(recipient));
  if (recipients.length === 0)
    throw InputError.of('nobody could read the file any more', undefined, 'Leave one recipient, or add another with --add.');
  await save(file, values, recipients);
  io.errors.write(`${file} is encrypted to ${recipients.length === 1 ? '1 recipient' : `${recipients.length} recipients`}.\n`);
  if (removed.length > 0) io.errors.write('Who was removed may have kept the values: change those too.\n');
}

interface Opened {
  readonly file: string;
  readonly content: SecretsFile;
  readonly values: ReadonlyMap<string, string>;
}

function read({ inventory }: Place): Pick<Opened, 'file' | 'content'> {
  const file = secretsFileOf(inventory);
  const content = readSecretsFile(file);
  if (!content)
    throw InputError.of(
      `there is no secrets file ${file}`,
      undefined,
      inventory === defaultInventory
        ? 'Make it with homerun secret init, or name your inventory with -i PATH.'
        : `Make it with homerun secret init -i ${inventory}.`,
    );
  return { file, content };
}

async function open(io: Io, options: Place): Promise<Opened> {
  const { file, content } = read(options);
  return { file, content, values: await openSecretsFile(content, readIdentities(io.environment, dirname(file)), file) };
}

async function save(file: string, values: ReadonlyMap<string, string>, recipients: readonly string[]): Promise<void> {
  writePrivate(file, formatSecretsFile(await sealSecrets(values, recipients)));
}

/** What the commands that hints name must end with to mean the same file. */
function given({ inventory }: Place): string {
  return inventory === defaultInventory ? '' : ` -i ${inventory}`;
}

function checkName(name: string): void {
  if (!secretName.test(name)) {
    throw InputError.of(
      `"${name}" cannot be the name of a secret`,
      undefined,
      'Use letters, digits, _, - and ., and begin with a letter, digit or _.',
    );
  }
}

async function checkRecipients(recipients: readonly string[]): Promise<void> {
  for (const recipient of recipients) {
    if (!(await isRecipient(recipient))) {
      throw InputError.of(
        `"${recipient}" is not a public key of age`,
        undefined,
        "It begins with age1 and stands as a comment in its owner's identity file.",
      );
    }
  }
}
