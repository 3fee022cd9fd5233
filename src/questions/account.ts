/** Portable names of users and groups as useradd(8) takes them; with capitals, dots and a trailing dollar sign as some systems have them. */
export const accountName = /^[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?$/;

/** @throws TypeError when `name` is not the name of a user or group (a number is not). */
export function checkAccount(name: string): string {
  if (!accountName.test(name)) throw new TypeError(`${JSON.stringify(name)} is not the name of a user or group`);
  return name;
}
