import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { omit } from '../../src/language/expression.ts';
import { layerOf } from '../../src/language/layer.ts';
import { Problems } from '../../src/language/problems.ts';
import { createTemplates } from '../../src/language/template.ts';
import { scopeOf, valueLayer } from '../../src/language/variables.ts';
import { parseYaml } from '../../src/language/yaml.ts';
import { Secret } from '../../src/values/secret.ts';
import type { Value } from '../../src/values/vars.ts';
import { homerun } from '../e2e/homerun.ts';
import { projectRoot } from '../lab/places.ts';

const presets = ['microsoft_personal', 'microsoft_work', 'google', 'github', 'keycloak', 'generic'];

type Provider = Readonly<Record<string, Value>>;

const settings = (() => {
  const { node } = parseYaml(readFileSync(join(projectRoot, 'playbooks/settings/oidc.yaml'), 'utf8'), 'oidc.yaml');
  if (node?.kind !== 'mapping') throw new Error('playbooks/settings/oidc.yaml holds no mapping');
  const problems = new Problems();
  const layer = layerOf('settings/oidc.yaml', node, { templates: createTemplates({ env: () => undefined, secret: () => undefined }), problems });
  if (problems.errors.length > 0) throw new Error(JSON.stringify(problems.errors));
  return layer;
})();

/** What the settings make of providers. @param icons what the upload of each icon has registered. */
function valueOf(name: string, providers: readonly Provider[], icons: readonly Provider[] = providers.map(() => ({ skipped: true }))): Value {
  const given = { matrix_oidc_providers: providers, matrix_synapse_settings: {}, oidc_icons: { results: icons }, omit };
  return scopeOf([settings, valueLayer('given', given)]).get(name) ?? null;
}

/** The one provider that Synapse gets. */
function madeOf(provider: Provider, icon?: Provider): Record<string, Value> {
  const made = valueOf('oidc_providers', [provider], icon && [icon]);
  const [first] = Array.isArray(made) ? (made as readonly Value[]) : [];
  return { ...(first as Provider) };
}

const minimal = { client_id: 'of-the-homeserver', client_secret: new Secret('s3cret') };
const wanted: Readonly<Record<string, Provider>> = {
  microsoft_work: { tenant: 'contoso.example' },
  keycloak: { issuer: 'https://id.example.org/realms/family' },
  generic: { issuer: 'https://id.example.org' },
};
const least = (preset: string): Provider => ({ preset, ...minimal, ...wanted[preset] });

test('each preset makes a provider of client ID and secret, which is in a file alone', (t) => {
  for (const preset of presets) {
    const made = madeOf(least(preset));
    t.like(made, { idp_id: preset, client_id: 'of-the-homeserver', client_secret_path: `/data/homerun.oidc-${preset}` }, preset);
    t.regex(String(made['issuer']), /^https:\/\/\w/, preset);
    t.regex(String(made['idp_name']), /^[A-Z]/, preset);
    t.notRegex(JSON.stringify(made), /s3cret|null|preset|tenant/, preset);
    t.deepEqual(valueOf('oidc_problems', [least(preset)]), '', preset);
  }
});

test("Synapse's own templates come through as they are", (t) => {
  const templates = (preset: string) => {
    const { user_mapping_provider } = madeOf(least(preset));
    return Object.values((user_mapping_provider as { readonly config: Provider }).config);
  };
  for (const preset of presets) for (const template of templates(preset)) t.regex(String(template), /^\{\{ user\.[a-z_]+.* \}\}$/, preset);
  t.deepEqual(templates('google'), ["{{ user.email.split('@')[0] }}", '{{ user.name }}']);
  t.deepEqual(templates('github'), ['{{ user.id }}', '{{ user.login }}', '{{ user.name or user.login }}', '{{ user.avatar_url }}']);
});

test('Microsoft: the consumers endpoints for personal accounts, the tenant for those of an organisation', (t) => {
  t.like(madeOf(least('microsoft_personal')), {
    issuer: 'https://login.microsoftonline.com/consumers/v2.0',
    authorization_endpoint: 'https://login.microsoftonline.com/consumers/oauth2/v2.0/authorize',
    token_endpoint: 'https://login.microsoftonline.com/consumers/oauth2/v2.0/token',
    userinfo_endpoint: 'https://graph.microsoft.com/oidc/userinfo',
  });
  t.is(madeOf(least('microsoft_work'))['issuer'], 'https://login.microsoftonline.com/contoso.example/v2.0');
});

test('any key wins over the preset, within mappings too, and the picture is the one that was uploaded', (t) => {
  const config = { display_name_template: '{{ user.given_name }}', confirm_localpart: true };
  const given = { ...least('google'), idp_id: 'g', idp_name: 'Our Google', scopes: ['openid'], discover: false, user_mapping_provider: { config } };
  t.deepEqual(madeOf(given, { mxc: 'mxc://example.org/abc' }), {
    idp_id: 'g',
    client_secret_path: '/data/homerun.oidc-g',
    idp_icon: 'mxc://example.org/abc',
    idp_name: 'Our Google',
    idp_brand: 'google',
    issuer: 'https://accounts.google.com/',
    scopes: ['openid'],
    user_mapping_provider: { config: { localpart_template: "{{ user.email.split('@')[0] }}", ...config } },
    client_id: 'of-the-homeserver',
    discover: false,
  });
});

test('without providers the key is taken out, and with some it is left to their own playbook', (t) => {
  t.deepEqual(valueOf('oidc_settings', []), { oidc_providers: null });
  t.deepEqual(valueOf('oidc_providers', []), []);
  t.deepEqual(valueOf('oidc_settings', [least('google')]), {});
});

const refused: readonly (readonly [what: string, providers: readonly Provider[], says: RegExp])[] = [
  ['two of one id', [least('google'), least('google')], /^Two providers have the same idp_id .*: google, google\./],
  ['no issuer', [{ preset: 'keycloak', ...minimal }], /^keycloak: the preset keycloak wants the issuer/],
  ['no tenant', [{ preset: 'microsoft_work', ...minimal }], /^microsoft_work: .* wants the tenant/],
  ['a tenant of others', [{ ...least('google'), tenant: 'x' }], /^google: tenant is for the preset microsoft_work/],
  ['no secret', [{ preset: 'google', idp_id: 'g', client_id: 'x' }], /^g: give one of client_secret, client_secret_path/],
  ['two secrets', [{ ...least('google'), client_secret_path: '/data/x' }], /^google: give one of client_secret/],
  [
    'a secret of a client that needs none',
    [{ ...least('google'), client_auth_method: 'none' }],
    /^google: .* none of them with client_auth_method none/,
  ],
  ['two icons', [{ ...least('google'), icon: 'a.png', idp_icon: 'mxc://a/b' }], /^google: give icon, a file, or idp_icon/],
  ['accounts for everybody to take', [{ ...least('github'), allow_existing_users: true }], /^github: anybody .* the administrator's too/],
];

for (const [what, providers, says] of refused) {
  test(`what does not fit together is told: ${what}`, (t) => {
    t.regex(String(valueOf('oidc_problems', providers)), says);
  });
}

test('accounts that are there may be taken over where an organisation gives the names, or it is said who', (t) => {
  const fine = [{ ...least('keycloak'), allow_existing_users: true }];
  const named = [{ ...least('google'), allow_existing_users: true, attribute_requirements: [{ attribute: 'email', value: 'a@example.org' }] }];
  t.deepEqual(
    [fine, named].map((providers) => valueOf('oidc_problems', providers)),
    ['', ''],
  );
});

test('a wrong key or value is an error before any host is contacted, with the right word', async (t) => {
  const providers = [
    { preset: 'gogle', client_id: 'x', client_secret: 'y' },
    { preset: 'microsoft_work', tenant: 'common', client_id: 'x', clientsecret: 'y' },
  ];
  const extra = ['-e', 'matrix_admin_password=of-the-test', '-e', JSON.stringify({ matrix_oidc_providers: providers })];
  const { exitCode, stdout, stderr } = await homerun(['lint', 'playbooks/site.yaml', '-i', 'inventory/example', ...extra]);
  const said = stdout + stderr;
  t.is(exitCode, 1);
  t.regex(said, /matrix_oidc_providers\[0\]\.preset wants one of .*google/);
  t.regex(said, /Did you mean "google"\?/);
  t.regex(said, /matrix_oidc_providers\[1\]\.tenant wants text of the form/);
  t.regex(said, /matrix_oidc_providers\[1\] has no entry "clientsecret"\n.*Did you mean "client_secret"\?/);
});
