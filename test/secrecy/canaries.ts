// Secrets that are looked for where they must not stand.

/** Of every kind that something on the way may trip over. None occurs anywhere by chance. */
export const hostile: Readonly<Record<string, string>> = {
  plain: 'Kanarienvogel-7Qx9wZ',
  several_lines: 'vogel-eins 8Yk2\nvogel-zwei "9Lm3"\n\tvogel-drei \'4Np5\'\n',
  quotes: `Gelb'er "Vogel" \`7Rt6\` \\"'`,
  of_shells: 'Piep $HOME $(id) ${x} !! 3Wq8 ; & | > ~ * ? [a]',
  of_formats: 'Pieps %41 %s %n {{x}} <%= 1 %> &lt; \\n \\x41 5Bv2',
  backslashes: '\\\\Flügel\\t\\\\9Hc4\\',
  prefix: 'Federkleid-2Jd7',
  the_rest_of_it: 'Federkleid-2Jd7-und-Schnabel-6Gf1',
  of_the_world: 'Пташка-鳥-🐤-8Ks3',
  three_characters: 'ᚠᚢᚦ',
  json: '{"user": "vogel", "token": "Nestling-4Tz9-token"}',
};

/** Those that a secrets file takes: it wants eight characters. */
export const { three_characters: short = '', ...ofSecretsFile } = hostile;

/** The same, and each line of those that have several: it is looked for by itself. */
export function withLines(canaries: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const lines = Object.entries(canaries).flatMap(([name, text]) =>
    text.includes('\n')
      ? text.split('\n').flatMap((line, index) => (line.trim() === '' ? [] : [[`${name} ${index + 1}`, line.trim()] as const]))
      : [],
  );
  return { ...canaries, ...Object.fromEntries(lines) };
}
