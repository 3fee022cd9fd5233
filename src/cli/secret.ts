import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { isRecipient, needsPassphrase, newIdentity, type Passphrase, recipientOf } from '../language/age.ts';
import { identityFile, readIdentities } from '../language/identity.ts';
import { didYouMean } from '../language/nearest.ts';
import { readSecretsFile, secretsFileOf } from '../language/secrets.ts';
import { formatSecretsFile, sealSecrets, secretName } from '../language/secrets-file.ts';
import { InputError } from '../values/errors.ts';
import type { Define } from './context.ts';
import type { Io } from './io.ts';
import { collect, defaultInventory } from './options.ts';
import { newPassphrase } from './passphrase.ts';
import { createPrivate } from './private-file.ts';
import { editSecrets, mergeSecrets } from './secret-edit.ts';
import { changeStore, given, type Opened, openStore, type Place, readStore } from './secret-store.ts';
import { newSecretValue } from './secret-value.ts';

interface InitOptions extends Place {
  readonly recipient?: readonly string[];
  readonly passphrase?: true;
}

interface RekeyOptions extends Place {
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
  readonly passphrase?: true;
}

const define: Define = (command, { io }) => {
  command
    .description('Keep passwords and keys in an encrypted file in the inventory folder. Playbooks read one with: "{{ secret \'NAME\' }}"')
    .usage('COMMAND [options]')
    .helpCommand(false);
  const place = (of: Command) => of.option('-i, --inventory <path>', 'inventory file or folder', defaultInventory);
  place(command.command('init').description('Make the secrets file, and your own key if you have none.'))
    .option('--recipient <age1…>', 'let the owner of this public key read it too; can be repeated', collect)
    .option('--passphrase', 'let a passphrase open it, and no key')
    .action((options: InitOptions) => init(io, options));
  place(command.command('set').description('Set a value. It is asked for, or read from standard input (one newline at the end is dropped).'))
    .argument('<name>')
    .option('--generate', 'make a random value of 32 letters and digits')
    .action(async (name: string, options: Place & { readonly generate?: true }) => {
      const opened = await openStore(io, options);
      checkName(name);
      const value = await newSecretValue(name, options.generate === true, io);
      await changeStore(opened, ({ values }) => ({ values: new Map([...values, [name, value]]) }));
      io.errors.write(`${opened.file}: ${name} is ${opened.values.has(name) ? 'replaced' : 'set'}.\n`);
    });
  place(command.command('get').description('Print a value.'))
    .argument('<name>')
    .action(async (name: string, options: Place) => {
      io.output.write(`${valueOf(await openStore(io, options), name, options)}\n`);
    });
  place(command.command('unset').description('Remove a value.'))
    .argument('<name>')
    .action(async (name: string, options: Place) => {
      const opened = await openStore(io, options);
      await changeStore(opened, (now) => {
        valueOf(now, name, options);
        return { values: new Map([...now.values].filter(([other]) => other !== name)) };
      });
      io.errors.write(`${opened.file}: ${name} is removed.\n`);
    });
  place(command.command('rename').description('Give a value another name.'))
    .argument('<name>')
    .argument('<new-name>')
    .action(async (name: string, newName: string, options: Place) => {
      const opened = await openStore(io, options);
      checkName(newName);
      await changeStore(opened, (now) => {
        const value = valueOf(now, name, options);
        if (now.values.has(newName))
          throw InputError.of(
            `${now.file} has a secret "${newName}" already`,
            undefined,
            `Remove it first: homerun secret unset ${newName}${given(options)}`,
          );
        return {
          values: new Map([...now.values].flatMap(([other, one]) => (other === name ? [] : [[other, one] as const])).concat([[newName, value]])),
        };
      });
      io.errors.write(`${opened.file}: ${name} is ${newName} now. Playbooks that ask for ${name} must ask for ${newName}.\n`);
    });
  place(command.command('list').description('Print the names.')).action((options: Place) => {
    for (const name of readStore(options).content.names) io.output.write(`${name}\n`);
  });
  place(command.command('edit').description('Change all values in your editor ($VISUAL, $EDITOR, else vi).')).action((options: Place) =>
    edit(io, options),
  );
  place(command.command('rekey').description('Encrypt the file anew, also for others or no longer for some.'))
    .option('--add <age1…>', 'let the owner of this public key read it; can be repeated', collect)
    .option('--remove <age1…>', 'no longer let its owner read it; can be repeated', collect)
    .option('--passphrase', 'let a new passphrase open it, and no key')
    .action((options: RekeyOptions) => rekey(io, options));
};
export default define;

async function init(io: Io, options: InitOptions): Promise<void> {
  const file = secretsFileOf(options.inventory);
  if (options.passphrase && options.recipient) throw onlyOne('--passphrase', '--recipient');
  await checkRecipients(options.recipient ?? []);
  if (!existsSync(dirname(file))) {
    throw InputError.of(`there is no folder ${dirname(file)} for the secrets file`, undefined, 'Make it, or name your inventory with -i PATH.');
  }
  if (options.passphrase) {
    if (existsSync(file)) throw isThere(file, options);
    return create(io, options, { passphrase: await newPassphrase(io) });
  }
  const own = await ownRecipient(io, dirname(file));
  if (existsSync(file)) {
    const content = readSecretsFile(file);
    if (content?.recipients.includes(own) || (content && (await needsPassphrase(content.encrypted)))) throw isThere(file, options);
    throw InputError.of(
      `${file} is there already, and you cannot read it`,
      undefined,
      `Ask one who can for: homerun secret rekey --add ${own}${given(options)}`,
    );
  }
  await create(io, options, [...new Set([own, ...(options.recipient ?? [])])]);
}

async function create(io: Io, options: Place, to: readonly string[] | Passphrase): Promise<void> {
  const file = secretsFileOf(options.inventory);
  createPrivate(file, formatSecretsFile(await sealSecrets(new Map(), to)));
  io.errors.write(`${file} is made. Set a value with: homerun secret set NAME${given(options)}\n`);
}

function isThere(file: string, options: Place): InputError {
  return InputError.of(`${file} is there already`, undefined, `Set a value with: homerun secret set NAME${given(options)}`);
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

async function rekey(io: Io, options: RekeyOptions): Promise<void> {
  const opened = await openStore(io, options);
  const { file } = opened;
  await checkRecipients(options.add ?? []);
  const removed = options.remove ?? [];
  if (options.passphrase) {
    if (options.add || options.remove) throw onlyOne('--passphrase', options.add ? '--add' : '--remove');
    const to = { passphrase: await newPassphrase(io) };
    await changeStore(opened, ({ values }) => ({ values, to }));
    io.errors.write(`${file} is opened by the new passphrase, and by nothing else.\n`);
    io.errors.write('Who could read it before may have kept the values: change those too.\n');
    return;
  }
  // Who opens it with a passphrase now shall be able to open it afterwards.
  const own = 'passphrase' in opened.key && options.add ? [await ownRecipient(io, dirname(file))] : [];
  let count = 0;
  await changeStore(opened, ({ values, content, key }) => {
    const stranger = removed.find((recipient) => !content.recipients.includes(recipient));
    if (stranger !== undefined)
      throw InputError.of(
        `${file} is not encrypted to ${stranger}`,
        undefined,
        'passphrase' in key ? 'A passphrase opens it.' : `It is to: ${content.recipients.join(', ')}`,
      );
    if ('passphrase' in key && !options.add) return { values };
    const recipients = [...new Set([...content.recipients, ...own, ...(options.add ?? [])])].filter((recipient) => !removed.includes(recipient));
    if (recipients.length === 0)
      throw InputError.of('nobody could read the file any more', undefined, 'Leave one recipient, or add another with --add.');
    count = recipients.length;
    return { values, to: recipients };
  });
  io.errors.write(count === 0 ? `${file} is encrypted anew.\n` : `${file} is encrypted to ${count === 1 ? '1 recipient' : `${count} recipients`}.\n`);
  if (removed.length > 0) io.errors.write('Who was removed may have kept the values: change those too.\n');
}

function onlyOne(one: string, other: string): InputError {
  return InputError.of(`${one} and ${other} exclude each other`, undefined, 'A passphrase opens the file, or the keys of recipients do.');
}

/** @throws InputError when there is none of this name. */
function valueOf({ file, values }: Opened, name: string, options: Place): string {
  const value = values.get(name);
  if (value !== undefined) return value;
  throw InputError.of(`${file} has no secret "${name}"`, undefined, didYouMean(name, values.keys()) ?? `See: homerun secret list${given(options)}`);
}

async function edit(io: Io, options: Place): Promise<void> {
  const opened = await openStore(io, options, true);
  // What the user has seen; of names that others have changed meanwhile, what the user was told of.
  let seen = opened.values;
  let latest = opened;
  let isSaved = false;
  await editSecrets(opened.values, io, async (edited) => {
    let conflicts: readonly string[] = [];
    await changeStore(latest, (now) => {
      latest = now;
      const { values: theirs, content } = now;
      const merged = mergeSecrets(seen, edited, theirs);
      conflicts = merged.conflicts;
      isSaved = conflicts.length === 0 && (!isSame(merged.values, theirs) || !isNamed(theirs, content.names));
      if (conflicts.length > 0) seen = new Map([...seen, ...theirs].filter(([name]) => theirs.has(name) || !conflicts.includes(name)));
      return isSaved ? { values: merged.values } : undefined;
    });
    return conflicts.map((name) => ({
      message: `somebody else has changed or removed ${name} meanwhile`,
      hint: 'Leave the editor once more to set it to what stands there, or give up to keep theirs.',
    }));
  });
  io.errors.write(isSaved ? `${opened.file} is saved.\n` : 'Nothing was changed.\n');
}

function isSame(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean {
  return one.size === other.size && [...one].every(([name, value]) => other.get(name) === value);
}

/** Whether the names in plain are those inside. */
function isNamed(values: ReadonlyMap<string, string>, names: readonly string[]): boolean {
  return [...values.keys()].toSorted().join('\n') === names.toSorted().join('\n');
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
