/** Longer values are not kept: the file that a task writes may be large. */
const longestKey = 4096;

/** Enough for a long play on some hosts side by side; then it begins anew. */
const mostKept = 5000;

/**
 * What was found of plain values that were in order. The same task is looked at again and again (before the run, ahead, at its turn) and on many hosts,
 * mostly with the same values.
 */
export class Passed<Result> {
  readonly #kept = new Map<string, Result>();

  get(key: string): Result | undefined {
    return this.#kept.get(key);
  }

  /** Keeps `result`, unless there is no key, and gives it back. */
  put(key: string | undefined, result: Result): Result {
    if (key === undefined) return result;
    if (this.#kept.size >= mostKept) this.#kept.clear();
    this.#kept.set(key, result);
    return result;
  }
}

/** A text that is the same for equal plain values, and for no others; undefined for what is long or not plain: secrets, bytes, what is not known yet. */
export function keyOf(value: unknown): string | undefined {
  const parts: string[] = [];
  return collect(value, parts) ? parts.join('') : undefined;
}

function collect(value: unknown, parts: string[]): boolean {
  if (parts.length > longestKey) return false;
  if (typeof value === 'string') return value.length <= longestKey && parts.push(JSON.stringify(value)) > 0;
  if (typeof value === 'boolean' || value === null || (typeof value === 'number' && Number.isFinite(value) && !Object.is(value, -0)))
    return parts.push(String(value)) > 0;
  if (typeof value !== 'object') return false;
  const isList = Array.isArray(value);
  if (!isList && Object.getPrototypeOf(value) !== Object.prototype) return false;
  parts.push(isList ? '[' : '{');
  for (const [key, item] of Object.entries(value)) {
    if (!isList) parts.push(JSON.stringify(key), ':');
    if (!collect(item, parts)) return false;
    parts.push(',');
  }
  return parts.push(isList ? ']' : '}') > 0;
}
