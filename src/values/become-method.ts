/** The programs by which one user becomes another. */
export const becomeMethods = ['sudo', 'su', 'doas'] as const;

export type BecomeMethod = (typeof becomeMethods)[number];

/** Collections that Ansible's plugins of these names are in. */
const collections = ['ansible.builtin.', 'ansible.legacy.', 'community.general.'];

/** Each method's names: its own, and with the collection before. */
export const becomeMethodNames: readonly string[] = [
  ...becomeMethods,
  ...collections.flatMap((prefix) => becomeMethods.map((name) => prefix + name)),
];

/** The method that `name` stands for, also with its collection before; undefined when there is none. */
export function becomeMethodOf(name: string): BecomeMethod | undefined {
  return becomeMethods.find((method) => becomeMethodNames.includes(name) && (name === method || name.endsWith(`.${method}`)));
}

/** For an error: what there is. */
export const becomeMethodHint = 'There are: sudo (the default), su, doas.';
