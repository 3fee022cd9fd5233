// Pictures of results as SVG, legible on light and on dark ground. Pure.

export interface Bar {
  readonly label: string;
  readonly seconds: number;
  /** Least and greatest. */
  readonly spread: readonly [low: number, high: number];
}

export interface Curve {
  readonly label: string;
  readonly points: readonly Point[];
}

export interface Point {
  /** How many hosts. */
  readonly at: number;
  readonly seconds: number;
  /** It took longer, and was ended. */
  readonly isEnded: boolean;
}

const width = 760;
const left = 200;
const right = 90;

const style = `<style>
  text { font: 13px system-ui, sans-serif; fill: #24292f; }
  .title { font-size: 15px; font-weight: 600; }
  .quiet { fill: #57606a; }
  .grid { stroke: #d0d7de; }
  .c0 { --colour: #8c959f; } .c1 { --colour: #0969da; } .c2 { --colour: #bf5b04; } .c3 { --colour: #8250df; } .c4 { --colour: #cf222e; } .c5 { --colour: #4d2d00; }
  .mark { fill: var(--colour); } .line { stroke: var(--colour); fill: none; stroke-width: 2.5; } .spread { stroke: currentColor; color: #24292f; stroke-width: 1.5; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .quiet { fill: #9198a1; }
    .grid { stroke: #3d444d; }
    .spread { color: #e6edf3; }
    .c1 { --colour: #4493f8; } .c2 { --colour: #f0883e; } .c3 { --colour: #ab7df8; } .c4 { --colour: #f85149; } .c5 { --colour: #d4a72c; }
  }
</style>`;

/** A bar for each, on a logarithmic scale. */
export function bars(title: string, given: readonly Bar[]): string {
  const [top, step, thick] = [58, 34, 20];
  const height = top + step * given.length + 34;
  const scale = logarithmic(
    given.flatMap(({ spread }) => spread),
    left,
    width - right,
  );
  const bottom = height - 28;
  const rows = given.map(({ label, seconds, spread: [low, high] }, index) => {
    const y = top + step * index;
    const middle = y + thick / 2;
    return `<g class="c${index % 6}">
  <text x="${left - 10}" y="${middle + 4}" text-anchor="end">${escaped(label)}</text>
  <rect class="mark" x="${left}" y="${y}" width="${round(scale.place(seconds) - left)}" height="${thick}" rx="2"/>
  <line class="spread" x1="${round(scale.place(low))}" x2="${round(scale.place(high))}" y1="${middle}" y2="${middle}"/>
  <text x="${round(scale.place(high) + 8)}" y="${middle + 4}">${said(seconds)} s</text>
</g>`;
  });
  const grid = scale.marks.map(
    (mark) => `<line class="grid" x1="${round(scale.place(mark))}" x2="${round(scale.place(mark))}" y1="${top - 8}" y2="${bottom}"/>
<text class="quiet" x="${round(scale.place(mark))}" y="${bottom + 18}" text-anchor="middle">${said(mark)} s</text>`,
  );
  return document(title, height, [...grid, ...rows]);
}

/** A curve for each over the number of hosts, both scales logarithmic. What was ended has an open mark and an arrow. */
export function curves(title: string, given: readonly Curve[]): string {
  const [top, bottom, height, start] = [58, 372, 412, 70];
  const points = given.flatMap((curve) => curve.points);
  const across = logarithmic(
    points.map(({ at }) => at),
    start,
    width - 190,
  );
  const upward = logarithmic(
    points.map(({ seconds }) => seconds),
    bottom,
    top,
  );
  const hosts = [...new Set(points.map(({ at }) => at))].toSorted((a, b) => a - b);
  const grid = [
    ...upward.marks.map(
      (mark) => `<line class="grid" x1="${start}" x2="${width - 190}" y1="${round(upward.place(mark))}" y2="${round(upward.place(mark))}"/>
<text class="quiet" x="${start - 10}" y="${round(upward.place(mark) + 4)}" text-anchor="end">${said(mark)} s</text>`,
    ),
    ...hosts.map((at) => `<text class="quiet" x="${round(across.place(at))}" y="${bottom + 22}" text-anchor="middle">${at}</text>`),
    `<text class="quiet" x="${width - 158}" y="${bottom + 22}">hosts</text>`,
  ];
  const ends = spaced(given.map((curve) => upward.place(curve.points.at(-1)?.seconds ?? 1)));
  const lines = given.map((curve, index) => {
    const places = curve.points.map(({ at, seconds, isEnded }) => ({ x: round(across.place(at)), y: round(upward.place(seconds)), isEnded }));
    const marks = places.map(({ x, y, isEnded }) =>
      isEnded
        ? `<circle class="line" cx="${x}" cy="${y}" r="4"/><path class="line" d="M${x} ${y - 6}v-16m-4 5l4-5l4 5"/>`
        : `<circle class="mark" cx="${x}" cy="${y}" r="4"/>`,
    );
    // What was ended is no point of the curve: the curve goes above it.
    const done = places.filter(({ isEnded }) => !isEnded);
    const path = done.map(({ x, y }, place) => `${place === 0 ? 'M' : 'L'}${x} ${y}`).join('');
    const label = `<text x="${width - 156}" y="${round((ends[index] ?? 0) + 4)}">${escaped(curve.label)}</text>`;
    return `<g class="c${index % 6}"><path class="line" d="${path}"/>${marks.join('')}<rect class="mark" x="${width - 168}" y="${round((ends[index] ?? 0) - 4)}" width="6" height="8"/>${label}</g>`;
  });
  return document(title, height, [...grid, ...lines]);
}

/** Where labels go that would cover each other: in their order, some way apart. */
function spaced(places: readonly number[]): number[] {
  const apart = 18;
  const order = places.map((place, index) => ({ place, index })).toSorted((a, b) => a.place - b.place);
  let last = Number.NEGATIVE_INFINITY;
  const result = [...places];
  for (const { place, index } of order) {
    last = Math.max(place, last + apart);
    result[index] = last;
  }
  return result;
}

interface Scale {
  /** Where a value lies. */
  readonly place: (value: number) => number;
  /** Round values within the scale. */
  readonly marks: readonly number[];
}

/** From the 1, 2 or 5 below the least value to the greatest one. */
function logarithmic(values: readonly number[], from: number, to: number): Scale {
  const least = Math.min(...values);
  const steps = Array.from({ length: 60 }, (_, index) => [1, 2, 5].map((digit) => digit * 10 ** (index - 20))).flat();
  const first = steps.findLast((step) => step < least) ?? least;
  const last = Math.max(...values, first * 2);
  const place = (value: number): number => from + ((to - from) * Math.log(value / first)) / Math.log(last / first);
  const marks = steps.filter((step) => step >= first && step <= last);
  return { place, marks: marks.length > 9 ? marks.filter((step) => Number.isInteger(Math.round(Math.log10(step) * 1e6) / 1e6)) : marks };
}

function document(title: string, height: number, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">
${style}
<text class="title" x="12" y="26">${escaped(title)}</text>
${parts.join('\n')}
</svg>
`;
}

const round = (value: number): number => Math.round(value * 10) / 10;

/** Two digits that count. */
function said(value: number): string {
  return value >= 10 ? value.toFixed(0) : String(Number(value.toPrecision(2)));
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
