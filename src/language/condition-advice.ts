/** What people who come from Ansible or Python write in a condition, and how CEL says it. Looked for where CEL says no. */
const mistakes: readonly (readonly [RegExp, (match: RegExpExecArray) => string])[] = [
  [/\{\{\s*(.*?)\s*\}\}/, ([, inner]) => `A condition stands without braces: ${inner}.`],
  [/([\w.]+)\s+is\s+not\s+defined/, ([, name]) => `Write !has(${field(name)}).`],
  [/([\w.]+)\s+is\s+undefined/, ([, name]) => `Write !has(${field(name)}).`],
  [/([\w.]+)\s+is\s+defined/, ([, name]) => `Write has(${field(name)}).`],
  [/([\w.]+)\s+is\s+not\s+(changed|failed|skipped)/, ([, name, state]) => `Write !${name}.${state}.`],
  [/([\w.]+)\s+is\s+(changed|failed|skipped)/, ([, name, state]) => `Write ${name}.${state}.`],
  [/([\w.]+)\s+is\s+(succeeded|success)/, ([, name]) => `Write !${name}.failed.`],
  [/([\w.]+)\s+is\s+(match|search)\(\s*(.*?)\s*\)/, ([, name, kind, pattern]) => `Write re_${kind}(${name}, ${pattern}).`],
  [/([\w.]+)\s*\|\s*default\(\s*(.*?)\s*(?:,\s*true\s*)?\)/, ([, name, value]) => `Write default(${name}, ${value}).`],
  [/([\w.]+)\s*\|\s*bool/, ([, name]) => `Write ${name} alone; yes and no from the inventory are text: write true and false there.`],
  [/([\w.]+)\s*\|\s*(?:length|count)/, ([, name]) => `Write size(${name}).`],
  [/([\w.]+)\s*\|\s*ternary\(\s*(.*?)\s*,\s*(.*?)\s*\)/, ([, name, yes, no]) => `Write ${name} ? ${yes} : ${no}.`],
  [/([\w.]+)\s*\|\s*map\(\s*attribute\s*=\s*(.*?)\s*\)/, ([, name, key]) => `Write pluck(${name}, ${key}).`],
  [
    /([\w.]+)\s*\|\s*(select|reject)attr\(\s*([^,]*?)\s*\)/,
    ([, name, kind, key]) => `Write ${kind === 'select' ? 'where' : 'where_not'}(${name}, ${key}).`,
  ],
  [/([\w.]+)\s*\|\s*combine\(\s*(.*?)\s*\)/, ([, name, other]) => `Write merge(${name}, ${other}).`],
  [/\b(?:lookup|query)\(\s*['"](file|env|secret)['"]\s*,\s*(.*?)\s*\)/, ([, kind, name]) => `Write ${kind}(${name}).`],
  [/([\w.]+)\s*\|\s*int/, ([, name]) => `Write int(${name}).`],
  [/([\w.]+)\s*\|\s*(\w+)/, ([, name, filter]) => `CEL has no filters: write ${filter}(${name}).`],
  [/([\w.]+)\s+is\s+version\(/, ([, name]) => `Compare the parts as numbers: int(${name}.split(".")[0]) >= 12.`],
  [/(\S.*?)\s+if\s+(.*?)\s+else\s+(.*)/, ([, value, test, otherwise]) => `Write ${test} ? ${value} : ${otherwise}.`],
  [/([\w.]+)\.find\(\s*([^()]*?)\s*\)/, ([, name, part]) => `Write ${name}.contains(${part}).`],
  [/(\S+)\s+not\s+in\s+(\[[^\]]*\]|\S+)/, ([, item, items]) => `Write !(${item} in ${items}).`],
  [/\bnot\s+(\S+)/, ([, name]) => `Write !${name}.`],
  [/(\S+)\s+and\s+(\S+)/, () => 'Write && for "and"; a list of conditions means and, too.'],
  [/(\S+)\s+or\s+(\S+)/, () => 'Write || for "or".'],
  [/([\w.]+)\s*=(?!=)\s*(\S+)/, ([, name, value]) => `Write == to compare: ${name} == ${value}.`],
  [/^\s*(["']).*\1\s*$/s, () => 'Take the outer quotes away: a condition is no text.'],
  [/^[^"']*["'][^"']*$/, () => 'A quote is opened and not closed.'],
  [/\b(True|False)\b/, ([, word]) => `Write ${word?.toLowerCase()}.`],
  [/^\s*(?:yes|on)\s*$/i, () => 'Write true.'],
  [/^\s*(?:no|off)\s*$/i, () => 'Write false.'],
  [/\bNone\b/, () => 'Write null.'],
];

/** What to write instead, if `text` is a mistake that is known. Text in quotes is not looked at. */
export function conditionAdvice(text: string): string | undefined {
  const bare = text.replaceAll(/'[^']*'|"[^"]*"/g, (quoted) => `${quoted[0]}${'\u0001'.repeat(quoted.length - 2)}${quoted[0]}`);
  for (const [pattern, words] of mistakes) {
    const match = pattern.exec(bare);
    if (!match) continue;
    // The words are taken from the text itself, so that what stands in quotes is shown as it was written.
    const original = pattern.exec(text);
    return words(original?.index === match.index ? original : match).replaceAll('\u0001', '…');
  }
  return undefined;
}

/** `has()` wants a field: a variable is one of `vars`. */
function field(name: string | undefined): string {
  return name?.includes('.') ? name : `vars.${name}`;
}

/** What to write where `text`, a condition, gives text. @param value what it gives. */
export function adviceForText(text: string, value: string): string {
  if (/^(yes|no|on|off|true|false)$/i.test(value) && /^\w+$/.test(text))
    return `Give it as a boolean: ${text}: true in a file, or -e '{"${text}": true}'; or compare it: ${text} == "…".`;
  return `Compare it: ${text} == "…", or !(${text} in ["", "no"]).`;
}
