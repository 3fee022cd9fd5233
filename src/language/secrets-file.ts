import { InputError, type Problem, type Source } from '../values/errors.ts';
import { decryptText, encryptText, type Passphrase } from './age.ts';
import { child, type MappingNode, type Node } from './node.ts';
import { parseYaml } from './yaml.ts';

/** The file's name; it lies in the inventory's folder. */
export const secretsFileName = 'secrets.age.yaml';

/** A secrets file as it lies on the disk: names in plain, values encrypted. */
export interface SecretsFile {
  /** Public keys of age (`age1…`) whose owners can read it; none where a passphrase opens it. */
  readonly recipients: readonly string[];
  /** What the file holds, sorted. Only for people and for checking playbooks without the key; what counts is what is inside. */
  readonly names: readonly string[];
  /** An armored age file: a JSON object of texts by name. */
  readonly encrypted: string;
}

/** The name of a secret: letters, digits, `_`, `-` and `.`, not beginning with one of the last two. */
export const secretName = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

const header = `# Secrets, encrypted with age (age-encryption.org). Only their names can be read here.
# Change them with: homerun secret set NAME, homerun secret edit
`;

/** Reads the text of a secrets file; decrypts nothing. @throws InputError with the place of what is wrong. */
export function parseSecretsFile(text: string, file: string): SecretsFile {
  const { node, problems } = parseYaml(text, file);
  if (problems.length > 0) throw new InputError(problems);
  const top: Source = { file, line: 1, column: 1 };
  if (node?.kind !== 'mapping') throw new InputError([wrong('this is not a secrets file', node?.source ?? top)]);
  const unknown = node.entries.find((entry) => !['recipients', 'names', 'secrets'].includes(entry.key));
  if (unknown) throw new InputError([wrong(`a secrets file has no "${unknown.key}"`, unknown.keyNode.source)]);
  const secrets = child(node, 'secrets');
  if (secrets?.kind !== 'scalar' || !secrets.text.includes('BEGIN AGE ENCRYPTED FILE')) {
    throw new InputError([wrong('"secrets" must hold an armored age file', secrets?.source ?? node.source)]);
  }
  return { recipients: texts(node, 'recipients'), names: texts(node, 'names'), encrypted: secrets.text };
}

function texts(mapping: MappingNode, key: string): readonly string[] {
  const node = child(mapping, key);
  if (node?.kind !== 'list') throw new InputError([wrong(`"${key}" must be a list`, node?.source ?? mapping.source)]);
  return node.items.map((item: Node) => {
    if (item.kind !== 'scalar') throw new InputError([wrong(`"${key}" must be a list of texts`, item.source)]);
    return item.text;
  });
}

function wrong(message: string, source: Source): Problem {
  return { message, source, hint: 'It is written by homerun secret alone: get it back from a copy, or begin again with homerun secret init.' };
}

/** The text of a secrets file. */
export function formatSecretsFile(content: SecretsFile): string {
  const list = (items: readonly string[]) => (items.length === 0 ? ' []\n' : `\n${items.map((item) => `  - ${JSON.stringify(item)}\n`).join('')}`);
  const armored = content.encrypted
    .trimEnd()
    .split('\n')
    .map((line) => `  ${line}\n`)
    .join('');
  return `${header}recipients:${list(content.recipients)}names:${list(content.names)}secrets: |\n${armored}`;
}

/** Encrypts `values` to recipients or with a passphrase. */
export async function sealSecrets(values: ReadonlyMap<string, string>, to: readonly string[] | Passphrase): Promise<SecretsFile> {
  const names = [...values.keys()].toSorted();
  const payload = JSON.stringify(Object.fromEntries(names.map((name) => [name, values.get(name)])));
  return { recipients: 'passphrase' in to ? [] : to, names, encrypted: await encryptText(payload, to) };
}

/**
 * The values of a secrets file by name.
 * @param by identities, or the passphrase. @throws InputError when none of it fits, when it was changed by hand, or when the names in plain are not those inside.
 */
export async function openSecretsFile(content: SecretsFile, by: readonly string[] | Passphrase, file: string): Promise<ReadonlyMap<string, string>> {
  const values = parsePayload(await decrypted(content, by, file));
  const source = { file, line: 1, column: 1 };
  if (values === undefined) throw InputError.of('what is encrypted in this file is not a set of secrets', source, 'Get the file back from a copy.');
  if ([...values.keys()].toSorted().join('\n') !== [...content.names].toSorted().join('\n')) {
    throw InputError.of(
      'the names in this file are not those of the secrets inside: somebody has changed it by hand',
      source,
      'Look at it with homerun secret edit, which also puts the names right.',
    );
  }
  return values;
}

/** The same, whatever names stand in plain. For putting them right. @throws InputError as `openSecretsFile`. */
export async function openDespiteNames(content: SecretsFile, by: readonly string[] | Passphrase, file: string): Promise<ReadonlyMap<string, string>> {
  const values = parsePayload(await decrypted(content, by, file));
  return values ?? openSecretsFile(content, by, file);
}

async function decrypted(content: SecretsFile, by: readonly string[] | Passphrase, file: string): Promise<string> {
  try {
    return await decryptText(content.encrypted, by);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if ('passphrase' in by && why.includes('no identity matched'))
      throw InputError.of('this is not the passphrase of this file', { file, line: 1, column: 1 }, 'Type it again; what is forgotten is lost.');
    const isForeign = why.includes('no identity matched');
    throw InputError.of(
      isForeign ? 'none of your keys opens this file' : `this file cannot be decrypted: it was damaged or changed (${why})`,
      { file, line: 1, column: 1 },
      isForeign
        ? `It is encrypted to ${content.recipients.join(', ') || 'nobody named'}: use that identity (HOMERUN_IDENTITY=FILE), or ask one who has it for: homerun secret rekey --add YOUR_RECIPIENT`
        : 'Get the file back from a copy.',
    );
  }
}

function parsePayload(text: string): ReadonlyMap<string, string> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    const entries = Object.entries(value);
    return entries.every((entry): entry is [string, string] => typeof entry[1] === 'string') ? new Map(entries) : undefined;
  } catch {
    return undefined;
  }
}
