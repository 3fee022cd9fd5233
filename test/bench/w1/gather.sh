# Floor (a) of W1, run by `ssh HOST sh -s`: only asks what a tool must know of a host to say that W1 holds there, with as few
# processes as can be, and compares nothing.
export LC_ALL=C
dpkg-query -W -f '${Package} ${Version} ${db:Status-Abbrev}\n' tree pv zip unzip patch bc lsof cron
getent group bench-web bench-data bench-ops
getent passwd bench-anna bench-bela bench-cleo bench-dora bench-emil
cd /etc/bench
files='colours.conf words.conf paths.conf formats.conf levels.conf names.conf edition zone channel contact banner secrets/key
sites/web.conf sites/api.conf sites/mail.conf sites/chat.conf sites/files.conf service.conf logrotate.conf neighbours
/etc/systemd/system/bench-one.service /etc/systemd/system/bench-two.service /etc/systemd/system/bench-tidy.service
/etc/systemd/system/bench-tidy.timer /opt/bench/bin/hello /opt/bench/bin/count /opt/bench/bin/look /opt/bench/bin/sweep
/opt/bench/bin/report /srv/bench/README /opt/bench/LICENCE /etc/sudoers.d/bench /etc/profile.d/bench.sh
/srv/bench/www/index.html /srv/bench/data/large.bin'
edited='limits.conf /etc/adduser.conf /etc/login.defs /etc/environment /root/.bashrc /etc/bash.bashrc'
stat -c '%n %F %a %U %G %s %N' $files $edited \
  . sites secrets /opt/bench /opt/bench/bin /opt/bench/releases /srv/bench /srv/bench/www /srv/bench/data /srv/bench/exchange \
  /var/log/bench /var/lib/bench /etc/cron.d \
  /usr/local/bin/bench-hello /usr/local/bin/bench-count /usr/local/bin/bench-look /usr/local/bin/bench-sweep /opt/bench/current \
  /etc/bench-old.conf /opt/bench-old /etc/cron.d/bench-old /usr/local/bin/bench-old \
  /var/log/bench/web.log /var/log/bench/api.log /var/log/bench/jobs.log \
  secrets/seed /opt/bench/index /opt/bench/releases/tool-1.0/bin/tool 2>&1
sha256sum $files
cat $edited
crontab -l
systemctl show -p Id,LoadState,ActiveState,UnitFileState,NeedDaemonReload bench-one.service bench-two.service bench-tidy.timer cron.service
