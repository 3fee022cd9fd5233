# The floor of W4, run by `ssh HOST sh -s`: only asks what has to be known to say that site.yaml holds on a host, with as few processes as
# can be, and compares nothing. The paths are those that the bench's inventory leads to.
export LC_ALL=C
cat /etc/os-release /etc/docker/daemon.json /var/matrix-synapse-data/homeserver.yaml /var/matrix-synapse-data/*.log.config \
  /etc/nginx/sites-enabled/* /var/www/matrix/.well-known/matrix/client /var/www/matrix/.well-known/matrix/server
dpkg-query -W -f '${Package} ${Version} ${db:Status-Abbrev}\n' ca-certificates curl docker-ce docker-ce-cli containerd.io docker.io nginx openssl
stat -c '%n %F %a %U %G %s %N' /etc/docker /etc/docker/daemon.json /etc/apt/sources.list.d/* /etc/apt/keyrings/* \
  /var/matrix-synapse-data /var/matrix-synapse-data/* /var/www/acme /var/www/matrix /var/www/matrix/.well-known/matrix/* \
  /etc/nginx/sites-available/* /etc/nginx/sites-enabled/* /var/www/ketesa /var/www/ketesa/* /var/www/matrix-client /var/www/matrix-client/* \
  /etc/ssl/homerun/matrix /etc/ssl/homerun/matrix/* 2>/dev/null
sha256sum /etc/docker/daemon.json /etc/nginx/nginx.conf /etc/nginx/sites-available/* /etc/apt/sources.list.d/* \
  /etc/ssl/homerun/matrix/* 2>/dev/null
systemctl show -p Id,LoadState,ActiveState,UnitFileState,NeedDaemonReload docker.service nginx.service
docker container inspect synapse
image=$(docker container inspect --format '{{.Config.Image}}' synapse)
docker image inspect "$image"
curl -fsS http://127.0.0.1:8008/health http://127.0.0.1:8008/_matrix/client/versions
nginx -V 2>&1
openssl x509 -in /etc/ssl/homerun/matrix/fullchain.pem -noout -fingerprint -dates -ext subjectAltName
docker exec synapse python -c '
import sqlite3
print(sqlite3.connect("file:/data/homeserver.db?mode=ro", uri=True).execute("SELECT name, admin, deactivated FROM users").fetchall())'
