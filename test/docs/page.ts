// Pages in Markdown, as far as tests look at them.

/** A block of code: the language that it is marked with, empty for none, and its text. */
export interface Code {
  readonly language: string;
  readonly text: string;
}

/** The blocks of code: fenced ones, and those that are indented. */
export function codeOf(page: string): readonly Code[] {
  return [...page.matchAll(/^```(\w*)\n([^]*?)^```$|(?<=\n\n)(?: {4}.*\n)+(?=\n)/gm)].map(([whole, language = '', text = whole]) => ({
    language,
    text,
  }));
}

/** Where links and pictures lead, in the order of the page. What stands in code is no link. */
export function linksOf(page: string): readonly string[] {
  const prose = page.replaceAll(/^```[^]*?^```$|`[^`\n]+`/gm, '');
  return [...prose.matchAll(/\]\(([^()\s]+)\)|<(https?:[^>\s]+)>/g)].map(([, link = '', bare = link]) => bare);
}
