# What ansible-core makes of inventories, in one process: each start of its commands takes a second.
# In: a line of JSON for each, {"folder", "inventories", "patterns", "playbookDir"?}. Out: a line of JSON for each, {"list", "hosts": {pattern: [names]}}
# as `ansible-inventory --list` and `ansible PATTERN --list-hosts` give them, or {"error"}.

import json
import os
import sys

from ansible.cli.inventory import InventoryCLI


def answer(case):
    os.chdir(case["folder"])
    arguments = ["ansible-inventory", "--list"]
    for inventory in case["inventories"]:
        arguments += ["-i", inventory]
    if case.get("playbookDir"):
        arguments += ["--playbook-dir", case["playbookDir"]]
    command = InventoryCLI(arguments)
    command.parse()
    command.loader, command.inventory, command.vm = command._play_prereqs()
    return {
        "list": json.loads(command.dump(command.json_inventory(command._get_group("all")))),
        "hosts": {pattern: [host.name for host in command.inventory.get_hosts(pattern)] for pattern in case["patterns"]},
    }


def respond(line):
    try:
        response = answer(json.loads(line))
    except Exception as error:
        response = {"error": repr(error)}
    print(json.dumps(response), flush=True)


for line in sys.stdin:
    # What Ansible was asked is kept for the whole process: each case has its own.
    child = os.fork()
    if child == 0:
        respond(line)
        os._exit(0)
    os.waitpid(child, 0)
