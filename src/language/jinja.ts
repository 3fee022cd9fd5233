import type { Source } from '../values/errors.ts';
import type { Problems } from './problems.ts';

/** Warns of a statement of Jinja in `text`: it would stay text, which nobody who writes one wants. @param otherwise what to do if it shall. */
export function noteJinja(text: string, at: (offset: number) => Source, problems: Problems, otherwise?: string): void {
  const statement = /\{%[-+]?\s*(if|for|set|else|elif|endif|endfor|include|macro|block|raw)\b/.exec(text);
  if (!statement) return;
  problems.warning(
    `{% ${statement[1]} %} stays text here`,
    at(statement.index),
    `Handlebars writes {{#if name}}…{{/if}} and {{#each list}}…{{/each}}${otherwise === undefined ? '' : `; ${otherwise}`}.`,
  );
}
