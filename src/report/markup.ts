import { sanitize } from './sanitize.ts';

/** Markup that is put into other markup as it is; everything else is escaped on its way in. */
export interface Markup {
  readonly markup: string;
}

type Inner = Markup | string | number | readonly Markup[] | undefined;

/** Builds HTML or XML: interpolated text is escaped, markup stays, a list is joined, undefined is nothing. Attributes must be in quotes. */
export function markup(strings: TemplateStringsArray, ...values: readonly Inner[]): Markup {
  return { markup: strings.map((text, index) => text + (index < values.length ? inner(values[index]) : '')).join('') };
}

function inner(value: Inner): string {
  if (value === undefined) return '';
  if (typeof value !== 'object') return escape(String(value));
  return 'markup' in value ? value.markup : value.map((part) => part.markup).join('');
}

const entities: { readonly [character: string]: string } = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text for between tags or quotes. Control characters, which XML forbids and nobody sees, are spelled out first. */
function escape(text: string): string {
  return sanitize(text)
    .replaceAll(/[\ufffe\uffff]/g, '\ufffd')
    .replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');
}
