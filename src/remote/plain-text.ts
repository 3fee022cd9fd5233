/**
 * Text of a host for a message: one line, without control and direction characters, at most `most` characters of its end.
 * What a host says is hostile: it could move the cursor or pretend to be a message of ours.
 */
export function plainText(text: string, most = 300): string {
  const line = text
    .replace(/\x1b\[[0-9;?]*[ -/]*[@-~]/g, '')
    .replace(/[\s\u2028\u2029]+/g, ' ')
    .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
    .trim();
  return line.length > most ? `…${line.slice(line.length - most)}` : line;
}
