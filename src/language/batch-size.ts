/** How many hosts a batch has: a number, or a percentage of all. */
export type BatchSize = number | `${number}%`;

/** What `serial` says in one of its words; undefined for what is no size. */
export function batchSize(text: string): BatchSize | undefined {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  const percent = Number(/^(\d+(?:\.\d+)?)%$/.exec(text)?.[1] ?? 0);
  return percent > 0 && percent <= 100 ? `${percent}%` : undefined;
}
