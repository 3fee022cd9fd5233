import { Secret } from '../values/secret.ts';
import { isMapping, type Value } from '../values/vars.ts';
import type { Scope } from './expression.ts';

/** What CEL works with: whole numbers are BigInt, text is never a Secret. */
export type CelValue = null | boolean | number | bigint | string | CelValue[] | { [key: string]: CelValue };

/** Reads variables as CEL asks for them and notes the secrets among them, so that no message can show one. */
export class CelVariables extends Map<string, CelValue> {
  readonly secrets: string[] = [];
  readonly #scope: Scope;

  constructor(scope: Scope) {
    super();
    this.#scope = scope;
  }

  /** Notes a text that no message may show. */
  hide(text: string): void {
    if (text !== '') this.secrets.push(text);
  }

  override get(name: string): CelValue | undefined {
    const known = super.get(name);
    if (known !== undefined) return known;
    const value = name === 'vars' ? this.#all() : this.#variable(name);
    if (value !== undefined) super.set(name, value);
    return value;
  }

  #variable(name: string): CelValue | undefined {
    const value = this.#scope.get(name);
    return value === undefined ? undefined : this.#converted(value);
  }

  /** All variables as one mapping, each looked up when it is asked for: `has(vars.name)`. */
  #all(): CelValue {
    return lazily({
      names: () => this.#scope.names(),
      has: (name) => this.#scope.has?.(name) ?? this.#scope.names().includes(name),
      get: (name) => this.get(name) ?? null,
    });
  }

  #converted(value: Value): CelValue {
    if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
    if (value instanceof Secret) {
      const text = value.reveal();
      this.hide(text);
      return text;
    }
    if (Array.isArray(value)) return value.map((item: Value) => this.#converted(item));
    if (!isMapping(value)) return value as null | boolean | string;
    const entries = Object.entries(Object.getOwnPropertyDescriptors(value));
    // `hostvars` computes its entries when they are read; reading them all would evaluate every variable of every host.
    if (entries.some(([, descriptor]) => descriptor.get)) {
      return lazily({ names: () => Object.keys(value), has: (key) => Object.hasOwn(value, key), get: (key) => this.#converted(value[key] ?? null) });
    }
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.#converted(item)]));
  }
}

/** A mapping whose entries are looked up when they are asked for; CEL takes an object without a prototype as a mapping. */
function lazily({
  names,
  has,
  get,
}: {
  readonly names: () => readonly string[];
  readonly has: (name: string) => boolean;
  readonly get: (name: string) => CelValue;
}): CelValue {
  const entry = (key: string | symbol): CelValue | undefined => (typeof key === 'string' && has(key) ? get(key) : undefined);
  return new Proxy<{ [key: string]: CelValue }>(Object.create(null), {
    get: (_, key) => entry(key),
    has: (_, key) => typeof key === 'string' && has(key),
    ownKeys: () => [...names()],
    getOwnPropertyDescriptor: (_, key) =>
      typeof key === 'string' && has(key) ? { configurable: true, enumerable: true, get: () => get(key) } : undefined,
  });
}

/** The other way round, for helpers: BigInt becomes a number. */
export function fromCel(value: CelValue): Value {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(fromCel);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fromCel(item)]));
}

export function toCel(value: Value): CelValue {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(toCel);
  if (isMapping(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toCel(item)]));
  return value instanceof Secret ? value.reveal() : (value as CelValue);
}
