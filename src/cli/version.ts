import { readFileSync } from 'node:fs';

/** The version in package.json, which lies three folders above this file both in build/src and in build/bundle. */
export function version(): string {
  const content: unknown = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  const isKnown = typeof content === 'object' && content !== null && 'version' in content && typeof content.version === 'string';
  return isKnown ? String(content.version) : 'unknown';
}
