// The runs whose traces are looked at.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { recipientOf } from '../../../src/language/age.ts';
import { formatSecretsFile, sealSecrets, secretsFileName } from '../../../src/language/secrets-file.ts';
import { command } from '../../command.ts';
import { projectRoot } from '../../lab/places.ts';
import { attempt } from '../../lab/run.ts';
import { ofSecretsFile, short } from '../../secrecy/canaries.ts';
import { homerun, type Ran } from '../homerun.ts';
import { ownProcesses } from './own-processes.ts';
import type { Left } from './surfaces.ts';

/** The source folder, as only TypeScript is compiled. */
const playbooks = join(projectRoot, 'test/e2e/secrecy');
const playbook = join(playbooks, 'site.yaml');

const fromEnv = 'Eierschale-3Nw6 "$(env)"';
const fromFile = 'Schwanzfeder-8Zb5';
/** In the environment of one process, as a task says. */
export const inEnvironment = 'Kralle-2Mv7-Umgebung';

/** Canaries of each source by name. */
export const canaries: Readonly<Record<string, string>> = {
  ...ofSecretsFile,
  short,
  fromEnv,
  fromFile,
  made: (ofSecretsFile['prefix'] ?? '').toUpperCase(),
  environment: inEnvironment,
};

/** Puts the canaries beside an inventory of the lab, besides the secret that it has. */
export async function placeCanaries(inventory: string, more: Readonly<Record<string, string>>): Promise<void> {
  const identity = readFileSync(join(inventory, 'identity.txt'), 'utf8').trim();
  const values = { ...ofSecretsFile, ...more, from_file: fromFile, environment: inEnvironment };
  const sealed = formatSecretsFile(await sealSecrets(new Map(Object.entries(values)), [await recipientOf(identity)]));
  writeFileSync(join(inventory, secretsFileName), sealed);
  writeFileSync(join(inventory, '.env'), `CANARY_ENV='${fromEnv}'\nCANARY_SHORT='${short}'\n`);
  writeFileSync(join(inventory, '..', 'extra.yaml'), `from_file: "{{ secret 'from_file' }}"\n`);
}

/** Runs everything. @param folder what the runs write to, for which `environment` is. @param anew makes the host as it was before. */
export async function leaveTraces(
  {
    folder,
    environment,
    inventory,
    witness,
  }: Pick<Left, 'folder' | 'witness'> & { environment: Readonly<Record<string, string>>; inventory: string },
  watched: (work: () => Promise<Ran>) => Promise<Ran>,
  anew: () => Promise<unknown>,
): Promise<Omit<Left, 'onHost' | 'hostProcesses' | 'folder' | 'witness'>> {
  const reports = join(folder, 'reports');
  mkdirSync(reports, { recursive: true });
  const options = ['-i', inventory, '-e', `@${join(inventory, '../extra.yaml')}`, '-e', `witness=${witness}`];
  const files = ['--save', join(reports, 'run.jsonl'), '--html', join(reports, 'run.html'), '--junit', join(reports, 'run.xml')];
  const run = (...words: readonly string[]) => homerun(words, { environment });
  const [plain, own] = await ownProcesses(`XDG_STATE_HOME=${environment['XDG_STATE_HOME']}`, () =>
    watched(() => run('run', playbook, ...options, '-D', '-vvvv', '--output', 'plain', ...files)),
  );
  await anew();
  const json = await run('run', playbook, ...options, '-D', '-vvvv', '--output', 'json');
  await anew();
  const check = await run('check', playbook, ...options, '-D', '-vv');
  const words = [process.execPath, command, 'run', playbook, ...options, '-D', '-vvvv', '--output', 'live'].map((word) => `'${word}'`).join(' ');
  const terminal = await attempt(['script', '-qec', `stty cols 200; ${words}`, '/dev/null'], { environment: { ...environment, TERM: 'xterm' } });
  const wrong = await run('run', join(playbooks, 'wrong.yaml'), '-vvvv', ...options);
  // What stops a run before its values are looked at.
  const missing = await run('run', join(playbooks, 'wrong.yaml'), `${witness}.yaml`, ...options);
  const crashing = (how: string) => {
    const file = join(folder, '..', `${how}.mjs`);
    writeFileSync(file, crash(how, witness));
    return homerun(['run', playbook, ...options, '-vvvv'], { environment: { ...environment, NODE_OPTIONS: `--import=${file}` } });
  };
  return {
    plain,
    json,
    check,
    live: { exitCode: terminal.code, stdout: terminal.stdout, stderr: terminal.stderr },
    wrong: { ...wrong, stderr: wrong.stderr + missing.stderr },
    thrown: await crashing('thrown'),
    rejected: await crashing('rejected'),
    shownAgain: await run('report', join(reports, 'run.jsonl'), '-vvvv'),
    ownProcesses: own,
  };
}

/** A part of the program that fails, with everything that is secret in its words, once the first task is told of. */
function crash(how: string, witness: string): string {
  const text = JSON.stringify(`${witness} ${Object.values(canaries).join(' ')}`);
  const fails = `Object.assign(new Error(${text}, { cause: new Error(${text}) }), { detail: ${text} })`;
  return `const write = process.stdout.write.bind(process.stdout);
let told = false;
process.stdout.write = (...args) => {
  if (!told && String(args[0]).includes('PLAY')) {
    told = true;
    setTimeout(() => { ${how === 'thrown' ? `throw ${fails}` : `Promise.reject(${fails})`}; }, 1500);
  }
  return write(...args);
};
`;
}
