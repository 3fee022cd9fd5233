import { Secret } from '../../values/secret.ts';
import * as yaml from '../../values/yaml-library.ts';

const secretKey = /(?:secret|password|passwd|passphrase|smtp_pass|pepper|(?:private|api|access|secret)_key|token|dsn|credentials?)$/i;
/** A mapping of this name is secret in all of its parts. */
const secretMapping = /jwt_key$/i;

/**
 * The values in a homeserver.yaml that must not be shown: generated secrets, passwords, keys, whatever has a name of that kind; each also in
 * the form in which it is written there (with escapes, line by line).
 */
export function secretsIn(text: string): readonly Secret[] {
  const found = new Set<string>();
  const document = yaml.parseDocument(text, { version: '1.1', logLevel: 'silent', uniqueKeys: false });
  yaml.visit(document, {
    Pair(_key, { key, value }, path) {
      const isInside = path.some((node) => yaml.isPair(node) && secretMapping.test(String(node.key)));
      const name = String(key);
      if (!isInside && !secretKey.test(name)) return;
      const target = yaml.isAlias(value) ? value.resolve(document) : value;
      if (yaml.isScalar(target)) for (const form of formsOf(target, text)) found.add(form);
    },
  });
  return [...found].map((form) => new Secret(form));
}

function formsOf(scalar: yaml.Scalar, text: string): readonly string[] {
  if (typeof scalar.value !== 'string' && typeof scalar.value !== 'number') return [];
  const value = String(scalar.value);
  const source = scalar.range ? text.slice(scalar.range[0], scalar.range[1]).replace(/^(["'])([\s\S]*)\1$/, '$2') : value;
  const lines = [value, source].flatMap((form) => form.split('\n').map((line) => line.trim()));
  // A line of a block is shown by itself; `|` and its like are no part of the secret.
  return [value.trimEnd(), source.trimEnd(), ...lines].filter((form) => form.length > 1);
}

/** `text` with every one of `secrets` as `***`. */
export function withoutSecrets(text: string, secrets: readonly Secret[]): string {
  return secrets
    .map((secret) => secret.reveal())
    .sort((a, b) => b.length - a.length)
    .reduce((so, value) => so.replaceAll(value, '***'), text);
}
