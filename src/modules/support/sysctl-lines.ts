interface Setting {
  readonly line: string;
  readonly key: string | undefined;
  readonly value: string;
}

/** What a file of sysctl.conf(5) says of `key`: the last line counts. `undefined` when it says nothing. */
export function settingIn(content: string, key: string): string | undefined {
  return settingsIn(content).findLast((one) => one.key === key)?.value;
}

/** `content` with `key` set in its first line of it, or behind all else, and in no other. All else stays byte for byte. */
export function withSetting(content: string, key: string, value: string): string {
  const settings = settingsIn(content);
  const first = settings.findIndex((one) => one.key === key);
  const line = `${key}=${value}\n`;
  if (first < 0) return `${content}${content === '' || content.endsWith('\n') ? '' : '\n'}${line}`;
  return settings.flatMap((one, index) => (one.key === key ? (index === first ? [line] : []) : [one.line])).join('');
}

/** `content` without any line that sets `key`. */
export function withoutSetting(content: string, key: string): string {
  return settingsIn(content)
    .filter((one) => one.key !== key)
    .map(({ line }) => line)
    .join('');
}

function settingsIn(content: string): readonly Setting[] {
  return (content.match(/[^\n]*\n|[^\n]+$/g) ?? []).map((line) => {
    const text = line.trim();
    const at = text.indexOf('=');
    if (at < 0 || /^[#;]/.test(text)) return { line, key: undefined, value: '' };
    return { line, key: text.slice(0, at).trim(), value: text.slice(at + 1).trim() };
  });
}
