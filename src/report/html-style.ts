import type { Status } from '../engine/event.ts';

const statuses: readonly Status[] = ['ok', 'changed', 'skipped', 'failed', 'unreachable'];

/** A tick box before `main` hides the tasks of its status when it is off. */
const filters = statuses.map((status) => `#show-${status}:not(:checked)~main .task.${status}{display:none}`).join('\n');

/** The style of the HTML report. */
export const pageStyle = `
:root{color-scheme:light dark;--ok:#2a7d2e;--changed:#a06a00;--skipped:#5d7486;--failed:#c22;--unreachable:#a0189c}
@media (prefers-color-scheme:dark){:root{--ok:#7bc67e;--changed:#e3b341;--skipped:#8ba3b5;--failed:#ff7b72;--unreachable:#e58ae2}}
body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:1rem 0}
th,td{padding:.2rem .8rem;text-align:right;border-bottom:1px solid #8884}
th:first-child{text-align:left}
.ok{color:var(--ok)}.changed{color:var(--changed)}.skipped{color:var(--skipped)}.failed{color:var(--failed)}.unreachable{color:var(--unreachable)}
details{border-left:3px solid;padding-left:.6rem;margin:.2rem 0}
details>*{color:CanvasText}
summary{cursor:pointer}
summary b,.item b{display:inline-block;min-width:6rem}
summary b.ok,.item b.ok{color:var(--ok)}summary b.changed,.item b.changed{color:var(--changed)}summary b.skipped,.item b.skipped{color:var(--skipped)}
summary b.failed,.item b.failed{color:var(--failed)}summary b.unreachable,.item b.unreachable{color:var(--unreachable)}
small{opacity:.75}
p{margin:.2rem 0;overflow-wrap:anywhere}
.message{white-space:pre-wrap}
.item{margin-left:1rem}
pre{overflow:auto;max-height:30rem;padding:.5rem;background:#8881;font-size:13px}
.added{color:var(--ok)}.removed{color:var(--failed)}.place{color:var(--skipped)}.file{font-weight:bold}
.bar{position:relative;height:1rem;background:#8882;margin:.4rem 0}
.bar i{position:absolute;top:0;bottom:0;background:currentColor}
label{margin-right:1rem}
${filters}
`;
