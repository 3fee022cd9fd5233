# The screen of ansible-playbook in the differential suite: one JSON object a line for each task that ended on a host.

import json

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = '''
name: outcomes
type: stdout
short_description: one JSON object a line for each task that ended on a host
description: Read by test/differential/ansible.ts.
'''


def status_of(result, is_skipped=False, is_failed=False):
    if is_failed or result.get('failed'):
        return 'failed'
    if is_skipped or result.get('skipped'):
        return 'skipped'
    return 'changed' if result.get('changed') else 'ok'


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = 'stdout'
    CALLBACK_NAME = 'outcomes'

    def outcome(self, result, status, ignored=False):
        task = result._task
        found = result._result
        items = found.get('results') if task.loop is not None else None
        self._display.display(json.dumps({
            'host': result._host.get_name(),
            'task': task.get_name(),
            'module': task.action,
            'handler': type(task).__name__ == 'Handler',
            'status': status,
            'ignored': bool(ignored),
            # debug with var gives the value under the name of the variable.
            'message': found.get('msg', found.get(task.args.get('var'))),
            'items': [{'status': status_of(item), 'message': item.get('msg')} for item in items or [] if isinstance(item, dict)],
            'result': {key: found[key] for key in ('module_stderr', 'module_stdout', 'exception', 'stderr', 'reason') if key in found},
        }, default=str))

    def v2_runner_on_ok(self, result):
        self.outcome(result, status_of(result._result))

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self.outcome(result, 'failed', ignore_errors)

    def v2_runner_on_skipped(self, result):
        self.outcome(result, 'skipped')

    def v2_runner_on_unreachable(self, result):
        self.outcome(result, 'unreachable')
