// What Synapse itself makes of the homeserver.yaml that lies on a host.

/**
 * Reads its effective configuration in the container.
 * @param onHost runs sh on the host and gives what it prints
 * @param read Python by name: `config` is the effective configuration, `file` the homeserver.yaml
 */
export async function effective<Name extends string>(
  onHost: (script: string) => Promise<string>,
  read: Readonly<Record<Name, string>>,
): Promise<Readonly<Record<Name, unknown>>> {
  const entries = Object.entries<string>(read).map(([name, expression]) => `${JSON.stringify(name)}: ${expression}`);
  const script = `import json, yaml
from synapse.config.homeserver import HomeServerConfig
config = HomeServerConfig.load_config("", ["-c", "/data/homeserver.yaml"])
file = yaml.safe_load(open("/data/homeserver.yaml"))
print(json.dumps({${entries.join(',\n')}}))`;
  const said = await onHost(`docker exec -i -u 991:991 synapse python - <<'PYTHON'\n${script}\nPYTHON`);
  return JSON.parse(said.trim().split('\n').at(-1) ?? '') as Record<Name, unknown>;
}
