import { spawnSync } from 'node:child_process';
import test from 'ava';
import { junit } from '../../src/report/junit.ts';
import { events } from './events.ts';

test('a run is a suite a host and a case a task', (t) => {
  t.is(
    junit(events),
    `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="homerun">
  <testsuite name="web1" timestamp="2026-01-02T03:04:05" tests="7" failures="0" errors="0" skipped="1" time="0.390">
    <testcase classname="Docker" name="Read the state" file="playbooks/docker.yaml" line="12" time="0.040"></testcase>
    <testcase classname="Docker" name="Only on Sundays" file="playbooks/docker.yaml" line="12" time="0.040"><skipped message="when is false"/></testcase>
    <testcase classname="Docker" name="Say where" file="playbooks/docker.yaml" line="12" time="0.040"><system-out>  https://web1/
  https://web1/admin</system-out></testcase>
    <testcase classname="Docker" name="Write the settings" file="playbooks/docker.yaml" line="12" time="0.130"><system-out>  write /etc/docker/daemon.json
  --- /etc/docker/daemon.json
  +++ /etc/docker/daemon.json
  @@ -1 +1 @@
  -{}
  +{&quot;live-restore&quot;: true}</system-out></testcase>
    <testcase classname="Docker" name="Make folders" file="playbooks/docker.yaml" line="12" time="0.060"><system-out>  ok: item=/srv/a
  changed: item=/srv/b
    make the folder /srv/b</system-out></testcase>
    <testcase classname="Docker" name="Remove old engine" file="playbooks/docker.yaml" line="12" time="0.040"><system-out>  playbooks/docker.yaml:12:7: not installed</system-out></testcase>
    <testcase classname="Docker" name="handler: Restart Docker" file="playbooks/docker.yaml" line="12" time="0.040"><system-out>  restart docker.service
  exit code 0
  web1 stdout | done</system-out></testcase>
  </testsuite>
  <testsuite name="db" timestamp="2026-01-02T03:04:05" tests="1" failures="1" errors="0" skipped="0" time="2.300">
    <testcase classname="Docker" name="Install packages" file="playbooks/docker.yaml" line="12" time="2.300"><failure message="apt-get ended with code 100" type="apt">  playbooks/docker.yaml:12:7: apt-get ended with code 100
  The package index may be old: set update_cache.
  exit code 100
  db stdout | Reading package lists...
  db stderr | E: Unable to locate package dockr</failure></testcase>
  </testsuite>
  <testsuite name="gone" timestamp="2026-01-02T03:04:05" tests="1" failures="0" errors="1" skipped="0" time="0.000">
    <testcase classname="gone" name="connect" time="0.000"><error message="no answer from 192.0.2.7:22 within 20 s">no answer from 192.0.2.7:22 within 20 s
Is the host on? Try: ssh 192.0.2.7</error></testcase>
  </testsuite>
</testsuites>
`,
  );
});

test('what a host says can neither break the XML nor add to it', (t) => {
  const evil = ']]></failure></testcase><testcase name="x"/>&amp;\u0000\u001b\ufffe\uffff\ud800"\'<';
  const xml = junit(
    events.map((event) =>
      event.event === 'task' ? { ...event, task: evil, message: evil, play: evil, source: { ...event.source, file: evil } } : event,
    ),
  );
  t.is(xml.match(/<testcase /g)?.length, 9);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 allows none of them.
  t.notRegex(xml, /[\u0000-\u0008\u000b-\u001f\ufffe\uffff]|[\ud800-\udfff]/);
  const parsed = spawnSync('python3', ['-c', 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.stdin)'], { input: xml, encoding: 'utf8' });
  if (parsed.error) t.log('no python3 on this machine: the XML was not parsed by another program');
  else t.is(parsed.stderr, '');
});
