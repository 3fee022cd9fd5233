import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';

/** Who may look at the text of a secret, by what for. A new file in this list wants a reason. */
const mayReveal: Readonly<Record<string, readonly string[]>> = {
  'it is sent to the host, on standard input alone': ['remote/frame.ts'],
  'it logs in, or becomes another user': ['remote/login.ts', 'remote/askpass.ts', 'remote/become.ts'],
  'it hides it where it is shown': ['engine/mask.ts', 'values/unified-diff.ts', 'language/secrecy.ts'],
  'identities and trips are told apart by it': ['engine/target.ts', 'engine/together.ts'],
  'it makes another value of it, which is a Secret again': [
    'language/template-evaluate.ts',
    'language/coerce.ts',
    'language/yaml.ts',
    'modules/support/certificate-commands.ts',
    'modules/support/content.ts',
    'modules/support/http-request.ts',
    'modules/support/nginx-transaction.ts',
    'modules/support/postgresql-arguments.ts',
    'modules/support/postgresql-login.ts',
    'modules/support/running.ts',
    'modules/support/synapse-params.ts',
    'modules/support/synapse-secrets.ts',
    'modules/support/write-crontab.ts',
    'modules/support/yaml-edit.ts',
    'modules/blockinfile.ts',
    'modules/cron.ts',
    'modules/lineinfile.ts',
    'modules/nginx_site.ts',
    'modules/postgresql_query.ts',
    'modules/replace.ts',
    'modules/script.ts',
    'modules/synapse_media.ts',
    'modules/uri.ts',
    'modules/user.ts',
    'questions/postgresql.ts',
    'questions/psql.ts',
    'questions/synapse-validation.ts',
    'values/secret.ts',
  ],
  'it compares or checks it, and tells whether, not what': [
    'language/argument-types.ts',
    'language/condition-functions.ts',
    'language/condition-values.ts',
    'language/connection.ts',
    'language/inventory-grow.ts',
    'language/one-machine.ts',
    'modules/authorized_key.ts',
    'modules/postgresql_user.ts',
    'modules/support/brought-certificate.ts',
    'modules/synapse_user.ts',
    'values/pattern.ts',
  ],
};

test('the text of a secret is looked at in those files alone that have a reason to, and never where things are shown', (t) => {
  const source = join(import.meta.dirname, '../../../src');
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const revealing = files.filter((file) => /\.reveal\(\)|\brevealed(Deep)?\(|\bsecretTexts\(/.test(readFileSync(join(source, file), 'utf8')));
  t.deepEqual(revealing.toSorted(), Object.values(mayReveal).flat().toSorted());
  t.false(revealing.some((file) => /^(cli|report)\//.test(file)));
});
