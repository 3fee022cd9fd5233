import { Redactor } from '../values/redact.ts';
import { Secret } from '../values/secret.ts';
import { isMapping, type Value } from '../values/vars.ts';

/** Whether a Secret is the value, or somewhere in it. */
export function holdsSecret(value: Value): boolean {
  if (value instanceof Secret) return true;
  if (Array.isArray(value)) return value.some(holdsSecret);
  return isMapping(value) && Object.values(value).some(holdsSecret);
}

/** The value with the text of each Secret in its place. */
export function revealedDeep(value: Value): Value {
  if (value instanceof Secret) return value.reveal();
  if (Array.isArray(value)) return value.map(revealedDeep);
  return isMapping(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revealedDeep(item)])) : value;
}

/** The value with a Secret in the place of each text. */
export function sealedDeep(value: Value): Value {
  if (typeof value === 'string') return new Secret(value);
  if (Array.isArray(value)) return value.map(sealedDeep);
  return isMapping(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, sealedDeep(item)])) : value;
}

/** The texts of all Secrets in the value. */
export function secretTexts(value: Value): readonly string[] {
  if (value instanceof Secret) return [value.reveal()];
  if (Array.isArray(value)) return value.flatMap(secretTexts);
  return isMapping(value) ? Object.values(value).flatMap(secretTexts) : [];
}

/** `words` without those texts. */
export function hidden(words: string, secrets: readonly string[]): string {
  const redactor = new Redactor();
  redactor.add(secrets);
  return redactor.text(words);
}
