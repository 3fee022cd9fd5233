import { recordOf } from './record.ts';
import type { Report, TimedEvent } from './report.ts';

/**
 * What JSON.stringify leaves as it is and what is obeyed: by a terminal DEL, C1, separators, writing direction, tags (as surrogates); by agents of continuous
 * integration services commands such as `##vso[`, anywhere in a line.
 */
const unsafe = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\udb40[\udc00-\udc7f]|(?<=#)#(?=\[|vso\[|teamcity\[)/gi;

/** The line of `event`, with its newline and safe to print; undefined for events that scripts do not see. */
export function jsonLine(event: TimedEvent): string | undefined {
  const record = recordOf(event);
  return record && `${safeJson(record)}\n`;
}

/** `value` as JSON in which nothing is left that a terminal obeys; it stands for the same value. @param indent spaces a level, on one line when absent. */
export function safeJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(unsafe, escape);
}

function escape(text: string): string {
  return text.replaceAll(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A run as JSON, one object a line. @param write must have passed the line on when it returns. */
export function jsonReport(write: (text: string) => void): Report {
  return {
    event: (event) => {
      const line = jsonLine(event);
      if (line !== undefined) write(line);
    },
    end: () => Promise.resolve(),
  };
}
