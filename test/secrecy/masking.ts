import { Masker } from '../../src/engine/mask.ts';
import { Secret } from '../../src/values/secret.ts';
import { type Random, random } from '../random.ts';
import { betrayed, encodings } from './encodings.ts';

/** All that means something to a program on the way. */
const pieces = [...'aZ9\'"\\$`\n %&</+=\t#!;|{}[]()~^,:@-', '\r\n', 'é', '世', '🔑', '{{', '%41', '\\n', 'AGE-', 'true'];
/** More than anybody's eye can make something of. */
const longestRest = 5;

const textOf = (draw: Random, least: number, most: number): string =>
  Array.from({ length: least + draw.below(most - least + 1) }, () => draw.pick(pieces)).join('');

/**
 * Draws secrets and what stands around them, writes them in each of the 14 encodings, also where base64 begins before them and ends behind, and has them
 * hidden. @returns what is left of one where it must not, in words; how many texts were hidden.
 */
export function hideDrawn(seed: number, count: number): { readonly left: readonly string[]; readonly hidden: number } {
  const draw = random(seed);
  const left: string[] = [];
  let hidden = 0;
  for (let index = 0; index < count && left.length < 10; index++) {
    const masker = new Masker();
    // Two, of which one may be a part of the other, or begin in it.
    const first = secretOf(draw);
    const second = draw.chance(0.5) ? secretOf(draw) : `${first.slice(-6)}${secretOf(draw)}`;
    for (const secret of [first, second]) masker.learn(new Secret(secret));
    const [before, after] = [textOf(draw, 0, 12), textOf(draw, 0, 12)];
    const both = second.startsWith(first.slice(-6)) ? `${first.slice(0, -6)}${second}` : `${first}${second}`;
    const encoded = Buffer.from(`${before}${first}${after}`).toString('base64');
    const texts = [`${before}${both}${after}`, encoded, encoded.replaceAll(/.{64}/g, '$&\n'), encoded.replaceAll(/.{76}/g, '$&\r\n ')];
    for (const { forms, isParted } of encodings) if (!isParted) for (const form of forms(first)) texts.push(`${before}${form}${after}`);
    for (const text of texts) {
      const shown = masker.text(text);
      hidden += 1;
      const found = betrayed(shown, { first }).concat(rest(first, shown, `${before}${after}`, second) ? ['a part of it'] : []);
      // What stands around a secret may be one itself, by chance.
      if (found.length > 0) left.push(`${JSON.stringify({ first, second, before, after })}: ${found.join('; ')} in ${JSON.stringify(shown)}`);
    }
  }
  return { left, hidden };
}

function secretOf(draw: Random): string {
  for (;;) {
    const text = textOf(draw, 8, 30);
    if (text.trim().length >= 8 && new Set(text).size >= 5) return text;
  }
}

/** Whether more characters in a row of the secret are shown than stand around it anyway. */
function rest(secret: string, shown: string, around: string, other: string): boolean {
  for (let at = 0; at + longestRest < secret.length; at++) {
    const part = secret.slice(at, at + longestRest + 1);
    if (shown.includes(part) && !around.includes(part) && !other.includes(part)) return true;
  }
  return false;
}
