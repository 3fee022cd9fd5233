/** Less is no trouble to certificates, signatures and package lists. */
const tolerance = 5 * 60_000;

/** When a host was asked for its time, and when it had answered, by the clock of this machine; milliseconds since 1970. */
export interface Asked {
  readonly from: number;
  readonly until: number;
}

/**
 * What to say of a host whose clock is far from this machine's; undefined for one that is not. However long the answer took: only what lies outside
 * of the time between question and answer counts.
 * @param shown by the host's clock, milliseconds since 1970
 */
export function clockWarning(host: string, shown: number, asked: Asked): { readonly message: string; readonly hint: string } | undefined {
  const apart = Math.max(asked.from - shown, shown - asked.until);
  if (apart <= tolerance) return undefined;
  const way = shown < asked.from ? 'behind' : 'ahead of';
  return {
    message: `the clock of ${host} is ${lasting(apart)} ${way} this machine's: it shows ${time(shown)}, and here it is ${time(asked.until)}`,
    hint: 'Turn on time synchronisation where it is wrong: timedatectl set-ntp true. With a wrong clock certificates and package lists look expired, or not yet valid.',
  };
}

function time(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** In one unit, rounded: `12 minutes`, `5 hours`, `365 days`. */
function lasting(milliseconds: number): string {
  const minutes = Math.round(milliseconds / 60_000);
  if (minutes < 120) return `${minutes} minutes`;
  const hours = Math.round(minutes / 60);
  return hours < 72 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
}
