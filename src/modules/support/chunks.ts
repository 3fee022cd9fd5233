/** Characters of names that are given to one process, far below what the kernel takes (ARG_MAX). */
const mostArguments = 60_000;

/** Names in groups of as many as one process takes. */
export function chunks(names: readonly string[]): readonly (readonly string[])[] {
  const all: string[][] = [];
  let size = mostArguments;
  for (const name of names) {
    size += name.length;
    if (size > mostArguments) {
      all.push([]);
      size = name.length;
    }
    all.at(-1)?.push(name);
  }
  return all;
}
