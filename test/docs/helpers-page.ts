import { exampleVariables } from '../../src/language/helper.ts';
import { dataHelpers } from '../../src/language/helpers-data.ts';
import { listHelpers } from '../../src/language/helpers-list.ts';
import { patternHelpers } from '../../src/language/helpers-pattern.ts';
import { textHelpers } from '../../src/language/helpers-text.ts';
import { type SpecialForm, specialForms } from '../../src/language/special-forms.ts';
import { generated } from './module-page.ts';

/** A call as it stands in a template, as it is written in a condition: `join (keys a) "-"` is `join(keys(a), "-")`. */
export function asFunction(call: string): string {
  const words = call.match(/"[^"]*"|[()]|[^\s()]+/g) ?? [];
  const read = (): string => {
    const name = words.shift() ?? '';
    const args: string[] = [];
    while (words.length > 0 && words[0] !== ')') {
      const word = words.shift() ?? '';
      args.push(word === '(' ? read() : word.replaceAll('\\', '\\\\'));
    }
    words.shift();
    return `${name}(${args.join(', ')})`;
  };
  return read();
}

/** The page of all helpers of templates and functions of conditions. */
export function helpersPage(): string {
  const variables = Object.entries(exampleVariables).map(([name, value]) => `    ${name}: ${JSON.stringify(value)}`);
  return `# Helpers

${generated}

Values in \`{{ }}\` call them as \`{{ join names "-" }}\`, within another call in parentheses: \`{{ upper (join names "-") }}\`. Conditions (\`when\` and the like)
call the same ones as functions: \`join(names, "-")\`. Where CEL has an own way, the third column shows it; what else CEL has (\`size\`, \`has\`, \`exists\`, \`filter\`,
\`map\`, …) works too. What is made from a secret is secret; lists and mappings that are
put together, picked from or sorted hold the same values as before. Nothing that a value holds is ever evaluated.

Patterns are regular expressions of Python's, as in the modules; whatever takes longer than 2 seconds over a text is stopped. In a template a backslash in quotes
stands for itself (\`"\\d+"\`); in a condition it is written twice, or the text begins with r (\`r"\\d+"\`).

The examples read these variables:

${variables.join('\n')}

${section('Values', Object.fromEntries(specialForms))}
${section('Text', textHelpers)}
${section('Patterns', patternHelpers)}
${section('Lists and mappings', listHelpers)}
${section('JSON, YAML, numbers, comparisons', dataHelpers)}
## Jinja's names

| Jinja | here |
|---|---|
${jinja.map(([there, here]) => `| \`${there}\` | \`${here}\` |`).join('\n')}
`;
}

const jinja: readonly (readonly [there: string, here: string])[] = [
  ["x | default('y')", 'default x "y"'],
  ["x | default('y', true)", 'or (default x "") "y"'],
  ["users | map(attribute='name') | list", 'pluck users "name"'],
  ["users | selectattr('admin')", 'where users "admin"'],
  ["users | rejectattr('state', 'equalto', 'off')", 'where_not users "state" "off"'],
  ['a | combine(b)', 'merge a b'],
  ['a + b (lists)', 'concat a b'],
  ['a ~ b', 'concat a b'],
  ["c | ternary('a', 'b')", 'if c "a" "b"'],
  ['x | to_json, x | to_nice_yaml', 'json x, yaml x'],
  ["x | hash('sha256')", 'sha256 x'],
  ['x | float', 'double x'],
  ["lookup('file', 'a'), lookup('env', 'B')", 'file "a", env "B"'],
];

function section(title: string, forms: { readonly [name: string]: Pick<SpecialForm, 'usage' | 'summary' | 'example' | 'inConditions'> }): string {
  const rows = Object.entries(forms).map(([name, { usage, summary, example, inConditions }]) => {
    const call = example ? `\`${example[0]}\` → \`${JSON.stringify(example[1])}\`` : '';
    const condition = inConditions ?? (example ? asFunction(example[0]) : asFunction(usage));
    return `| <a id="${name}"></a>\`${usage}\` | ${cell(summary)} | \`${cell(condition)}\` | ${cell(call)} |`;
  });
  return `## ${title}\n\n| in a template | gives | in a condition | example |\n|---|---|---|---|\n${rows.join('\n')}\n`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
