"""W1 for pyinfra: the tasks of playbook.yaml, in its order, with the same items (from vars.yaml, by way of the inventory)."""

from io import StringIO

from pyinfra import host
from pyinfra.facts.files import Directory, File
from pyinfra.operations import apt, crontab, files, server, systemd

data = host.data
root = {"user": "root", "group": "root"}
mine = {name: getattr(data, name) for name in ("node", "listen_address", "base_port", "domain", "weight", "neighbours")}

apt.packages(name="Install the packages", packages=data.packages)

for item in data.team_groups:
    server.group(name=f"Groups: {item['name']}", group=item["name"], gid=item["gid"])

for item in data.team:
    server.user(
        name=f"Users: {item['name']}",
        user=item["name"],
        uid=item["uid"],
        group=item["group"],
        shell="/bin/sh",
        home=f"/home/{item['name']}",
        create_home=True,
    )

for path in data.public_folders:
    files.directory(name=f"Folders that all may read: {path}", path=path, mode="755", **root)

for item in data.owned_folders:
    files.directory(
        name=f"Folders of those who work in them: {item['path']}", path=item["path"], user=item["owner"], group="bench-data", mode="750"
    )

files.directory(name="A folder for secrets", path="/etc/bench/secrets", user="root", group="bench-ops", mode="710")
files.directory(name="A folder for all to write to", path="/srv/bench/exchange", mode="1777", **root)

units = [
    files.put(name=f"Units: {one}", src=f"files/{one}", dest=f"/etc/systemd/system/{one}", mode="644", **root) for one in data.units
]

for one in data.settings:
    files.put(name=f"Settings that are the same everywhere: {one}", src=f"files/{one}", dest=f"/etc/bench/{one}", mode="644", **root)

for one in data.scripts:
    files.put(name=f"Scripts: {one}", src=f"files/{one}", dest=f"/opt/bench/bin/{one}", user="root", group="bench-ops", mode="755")

for item in data.texts:
    files.put(
        name=f"Small files from their text: {item['path']}", src=StringIO(f"{item['text']}\n"), dest=item["path"], mode="644", **root
    )

files.put(name="A banner", src="files/banner", dest="/etc/bench/banner", mode="644", **root)
files.put(name="Who may use sudo for what", src="files/sudoers", dest="/etc/sudoers.d/bench", mode="440", **root)
files.put(
    name="A key that few may read",
    src=StringIO("0123456789abcdef\n"),
    dest="/etc/bench/secrets/key",
    user="root",
    group="bench-ops",
    mode="640",
)
files.put(name="Environment of login shells", src="files/profile.sh", dest="/etc/profile.d/bench.sh", mode="644", **root)


def template(name, source, dest, user, group, mode):
    # Blocks as Ansible has them: the line of a tag leaves nothing behind.
    return files.template(
        name=name,
        src=f"templates/{source}.j2",
        dest=dest,
        user=user,
        group=group,
        mode=mode,
        jinja_env_kwargs={"trim_blocks": True},
        **mine,
    )


first_service = [
    template(f"Settings of each host: {one}", one, f"/etc/bench/sites/{one}", "root", "bench-web", "640") for one in data.site_templates
]
first_service.append(
    template("Settings of the first service", "service.conf", "/etc/bench/service.conf", "bench-anna", "bench-web", "600")
)
template("The host's page", "index.html", "/srv/bench/www/index.html", "root", "bench-web", "644")
template("Rotation of logs", "logrotate", "/etc/bench/logrotate.conf", "root", "root", "644")
template("Neighbours", "neighbours", "/etc/bench/neighbours", "root", "root", "644")
template("Report", "report.sh", "/opt/bench/bin/report", "root", "bench-ops", "750")

files.file(name="Limits: their file", path="/etc/bench/limits.conf", mode="644", **root)
for item in data.limits:
    files.line(
        name=f"Limits, a line each: {item['name']}",
        path="/etc/bench/limits.conf",
        line=f"^{item['name']}=.*",
        replace=f"{item['name']}={item['value']}",
    )

files.line(name="New homes are closed", path="/etc/adduser.conf", line="^DIR_MODE=.*", replace="DIR_MODE=0750")
files.line(name="New files are closed to others", path="/etc/login.defs", line="^UMASK.*", replace="UMASK 027")
files.file(name="A timeout for shells: its file", path="/etc/environment", mode="644", **root)
files.line(name="A timeout for shells", path="/etc/environment", line="^TMOUT=.*", replace="TMOUT=3600")

files.block(
    name="Aliases of root",
    path="/root/.bashrc",
    marker="# {mark} bench aliases",
    content=["alias ll='ls -l'", "alias bench='cat /etc/bench/banner'"],
)
files.block(
    name="Variables of all shells",
    path="/etc/bash.bashrc",
    marker="# {mark} bench shells",
    content=["HISTSIZE=5000", "HISTCONTROL=ignoredups"],
)

for one in data.scripts:
    files.link(name=f"Names that point at scripts: {one}", path=f"/usr/local/bin/bench-{one}", target=f"/opt/bench/bin/{one}")
files.link(name="The current release", path="/opt/bench/current", target="/opt/bench/releases/tool-1.0")

for path in data.leftovers:
    # An operation for each kind: a folder, a link, a file.
    remove = files.directory if path == "/opt/bench-old" else files.link if path.startswith("/usr/local/bin/") else files.file
    remove(name=f"What earlier versions left: {path}", path=path, present=False)

for one in data.logs:
    files.file(
        name=f"Logs, which the services fill: {one}", path=f"/var/log/bench/{one}.log", user="root", group="bench-data", mode="660"
    )

server.shell(
    name="A seed, made once",
    commands="dd if=/dev/zero of=/etc/bench/secrets/seed bs=32 count=1",
    _if=lambda: not host.get_fact(File, path="/etc/bench/secrets/seed"),
)
server.shell(
    name="An index of the scripts, made once",
    commands="cp -r /opt/bench/bin /opt/bench/index",
    _if=lambda: not host.get_fact(Directory, path="/opt/bench/index"),
)

files.put(
    name="A large file", src=f"{data.generated}/large.bin", dest="/srv/bench/data/large.bin", user="root", group="bench-data", mode="640"
)
files.unarchive(
    name="A tool from an archive",
    src=f"{data.generated}/tool-1.0.tar.gz",
    dest="/opt/bench/releases",
    creates="/opt/bench/releases/tool-1.0/bin/tool",
)

# Known by their commands: a name would be a comment of pyinfra's own, and the job be another one than Ansible's.
for item in data.jobs:
    crontab.crontab(name=f"Jobs: {item['name']}", command=item["job"], minute=item["minute"], hour=item["hour"])
crontab.crontab(name="A job at the beginning of a month", command="/opt/bench/bin/report", minute="0", hour="4", day_of_month="1")

systemd.daemon_reload(name="Units are read again", _if=lambda: any(one.did_change() for one in units))
for one in data.services:
    systemd.service(name=f"Services: {one}", service=one, running=True, enabled=True)
systemd.service(name="A timer", service="bench-tidy.timer", running=True, enabled=True)

files.directory(name="The crontab's folder is closed", path="/etc/cron.d", mode="700", **root)

systemd.service(
    name="Restart the first service",
    service="bench-one.service",
    restarted=True,
    _if=lambda: any(one.did_change() for one in first_service),
)
