# Floor (b) of W1: what a person would write who installs it once, on a bare host, and asks nothing. Run by `ssh HOST sh -s`, behind a
# beginning that unpacks the files of W1 into the folder $files.
set -eu
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
umask 022
node=$(uname -n)
number=${node#m}
address=10.20.30.$number port=$((18000 + number)) weight=$((10 + number)) domain=bench.example
neighbours='north east south west'

apt-get install -qq -y tree pv zip unzip patch bc lsof cron >/dev/null 2>&1

groupadd -g 7001 bench-web
groupadd -g 7002 bench-data
groupadd -g 7003 bench-ops
useradd -m -s /bin/sh -u 7011 -g bench-web bench-anna
useradd -m -s /bin/sh -u 7012 -g bench-web bench-bela
useradd -m -s /bin/sh -u 7013 -g bench-data bench-cleo
useradd -m -s /bin/sh -u 7014 -g bench-data bench-dora
useradd -m -s /bin/sh -u 7015 -g bench-ops bench-emil

install -d -m 0755 /etc/bench /etc/bench/sites /opt/bench /opt/bench/bin /opt/bench/releases /srv/bench
install -d -m 0750 -o bench-anna -g bench-data /srv/bench/www
install -d -m 0750 -o bench-cleo -g bench-data /srv/bench/data /var/log/bench
install -d -m 0750 -o bench-dora -g bench-data /var/lib/bench
install -d -m 0710 -g bench-ops /etc/bench/secrets
install -d -m 1777 /srv/bench/exchange

cd "$files"
install -m 0644 bench-one.service bench-two.service bench-tidy.service bench-tidy.timer /etc/systemd/system/
install -m 0644 colours.conf words.conf paths.conf formats.conf levels.conf names.conf banner /etc/bench/
install -m 0755 -g bench-ops hello count look sweep /opt/bench/bin/
install -m 0440 sudoers /etc/sudoers.d/bench
install -m 0644 profile.sh /etc/profile.d/bench.sh
install -m 0640 -g bench-data large.bin /srv/bench/data/large.bin
tar -xzf tool-1.0.tar.gz -C /opt/bench/releases

echo 3 >/etc/bench/edition
echo eu-north >/etc/bench/zone
echo stable >/etc/bench/channel
echo operators@bench.example >/etc/bench/contact
echo 'Made by the bench.' >/srv/bench/README
echo 'Do as you like.' >/opt/bench/LICENCE
echo 0123456789abcdef >/etc/bench/secrets/key
dd if=/dev/zero of=/etc/bench/secrets/seed bs=32 count=1 2>/dev/null

for site in web api mail chat files; do
  {
    printf '# %s of %s\nname = %s-%s\nlisten = %s:%s\ndomain = %s\n' $site $node $site $node $address $port $domain
    printf 'allow = %s\n' $neighbours
  } >/etc/bench/sites/$site.conf
done
printf 'node=%s\naddress=%s\nport=%s\ndomain=%s\nweight=%s\n' $node $address $port $domain $weight >/etc/bench/service.conf
cat >/srv/bench/www/index.html <<END
<!doctype html>
<html lang="en">
<title>$node</title>
<h1>$node.$domain</h1>
<p>Listens on $address.</p>
</html>
END
cat >/etc/bench/logrotate.conf <<END
# $node
/var/log/bench/*.log {
    weekly
    rotate $weight
    missingok
}
END
{
  echo "# Neighbours of $node"
  printf "%s.$domain\n" $neighbours
} >/etc/bench/neighbours
cat >/opt/bench/bin/report <<END
#!/bin/sh
# Report of $node
set -eu
df -h /srv/bench
printf "%s\n" "$node.$domain"
END
chgrp bench-web /etc/bench/sites/*.conf /srv/bench/www/index.html
chgrp bench-ops /opt/bench/bin/report /etc/bench/secrets/key
chown bench-anna:bench-web /etc/bench/service.conf
chmod 0640 /etc/bench/sites/*.conf /etc/bench/secrets/key
chmod 0600 /etc/bench/service.conf
chmod 0750 /opt/bench/bin/report
cp -r /opt/bench/bin /opt/bench/index

printf '%s\n' open_files=4096 processes=512 queue=64 workers=8 timeout=30 retries=3 burst=20 >/etc/bench/limits.conf
if grep -q '^DIR_MODE=' /etc/adduser.conf 2>/dev/null; then sed -i 's/^DIR_MODE=.*/DIR_MODE=0750/' /etc/adduser.conf; else echo DIR_MODE=0750 >>/etc/adduser.conf; fi
sed -i 's/^UMASK.*/UMASK 027/' /etc/login.defs
echo TMOUT=3600 >>/etc/environment
cat >>/root/.bashrc <<'END'
# BEGIN bench aliases
alias ll='ls -l'
alias bench='cat /etc/bench/banner'
# END bench aliases
END
cat >>/etc/bash.bashrc <<'END'
# BEGIN bench shells
HISTSIZE=5000
HISTCONTROL=ignoredups
# END bench shells
END

for script in hello count look sweep; do ln -s /opt/bench/bin/$script /usr/local/bin/bench-$script; done
ln -s /opt/bench/releases/tool-1.0 /opt/bench/current
rm -rf /etc/bench-old.conf /opt/bench-old /etc/cron.d/bench-old /usr/local/bin/bench-old
install -m 0660 -g bench-data /dev/null /var/log/bench/web.log
install -m 0660 -g bench-data /dev/null /var/log/bench/api.log
install -m 0660 -g bench-data /dev/null /var/log/bench/jobs.log
chmod 0700 /etc/cron.d

crontab - <<'END'
5 * * * * /opt/bench/bin/sweep
15 3 * * * /opt/bench/bin/count
0 12 * * * /opt/bench/bin/hello
0 4 1 * * /opt/bench/bin/report
END
systemctl daemon-reload
systemctl enable -q --now bench-one.service bench-two.service cron.service bench-tidy.timer
rm -r "$files"
