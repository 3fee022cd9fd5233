import type { DebFileAnswer } from '../../questions/deb-file.ts';
import type { PackageAnswer } from '../../questions/package.ts';
import type { Change } from '../../values/change.ts';
import { compareVersions } from '../../values/debian-version.ts';
import { TaskError } from '../../values/errors.ts';
import { aptInstall } from './apt-commands.ts';
import type { AptParams } from './apt-packages.ts';
import { heldBack } from './apt-wanted.ts';

export interface DebAnswers {
  readonly file: DebFileAnswer;
  readonly found?: PackageAnswer | undefined;
}

/** What is to be done for the package in a file to be installed in just its version. @throws TaskError for what is no package, and for what apt would refuse. */
export function planDeb(path: string, params: AptParams, { file, found }: DebAnswers): readonly Change[] {
  if (file.state === 'none') throw new TaskError(`there is no file ${path} on the host`, 'Bring it there before: module copy or get_url.');
  if (file.state === 'broken') throw new TaskError(`${path} is no Debian package`, 'Look at it on the host: dpkg-deb --info.');
  const { name, version } = file;
  const isThere = found !== undefined && found.status !== 'not-installed' && found.status !== 'config-files';
  const order = isThere && found.version !== undefined ? compareVersions(version, found.version) : 1;
  if (isThere && found.status === 'installed' && order === 0) return [];
  if (order < 0 && !params.allow_downgrade)
    throw new TaskError(
      `${name} ${found?.version} is installed, and ${path} holds ${version}, which is older`,
      'Say allow_downgrade: true to install it all the same.',
    );
  if (isThere && found.isHeld && !params.allow_change_held_packages) throw heldBack(name);
  const from = isThere ? `${found.version ?? ''} -> ` : '';
  return [{ summary: `install ${name} ${from}${version} from ${path}`, commands: [aptInstall([path], params)], writes: ['*'] }];
}
