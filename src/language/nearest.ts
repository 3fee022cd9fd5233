import { closestMatch } from 'leven';

/**
 * The name of `names` that a person most likely meant by `name`; undefined when none is near. Up to a third of the letters may
 * differ (at least one, at most four); letter case, `-` and `_` count for nothing.
 */
export function nearest(name: string, names: Iterable<string>): string | undefined {
  const plain = new Map<string, string>();
  for (const candidate of names) if (candidate !== name) plain.set(simplified(candidate), candidate);
  const wanted = simplified(name);
  const same = plain.get(wanted);
  if (same !== undefined) return same;
  // Two letters that changed places count as two differences, which in a short name is too many.
  if (wanted.length < 2) return undefined;
  const letters = sorted(wanted);
  const swapped = [...plain].find(([candidate]) => candidate.length === wanted.length && sorted(candidate) === letters);
  if (swapped) return swapped[1];
  // Allowing more than a third would suggest words that merely have the same length.
  const maxDistance = Math.min(4, Math.max(1, Math.floor(wanted.length / 3)));
  const match = closestMatch(wanted, [...plain.keys()], { maxDistance });
  return match === undefined ? undefined : plain.get(match);
}

/** `Did you mean "x"?`, or undefined when nothing is near. */
export function didYouMean(name: string, names: Iterable<string>): string | undefined {
  const match = nearest(name, names);
  return match === undefined ? undefined : `Did you mean "${match}"?`;
}

function sorted(name: string): string {
  return name.split('').sort().join('');
}

function simplified(name: string): string {
  return name.toLowerCase().replaceAll('-', '_');
}
