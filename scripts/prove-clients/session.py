"""A session with the client generated from docs/openapi.yaml: session.py URL TOKEN"""

import json
import re
import sys
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from taskward_client import ApiClient, Configuration, TasksApi, UserApi
from taskward_client.exceptions import ApiException, BadRequestException, NotFoundException
from taskward_client.models import (
    Batch,
    BatchComplete,
    BatchCreate,
    BatchDelete,
    BatchOperation,
    BatchRestore,
    BatchUpdate,
    Completion,
    EraseRequest,
    NewTask,
    Problem,
    Task,
    TaskChange,
)


def equal(actual, expected):
    assert actual == expected, f"expected {expected!r}, was {actual!r}"


def session(tasks, user):
    milk = NewTask(title="Buy milk", description="Two litres")
    created = tasks.create_task(milk, idempotency_key="milk")
    equal((created.title, created.completed), ("Buy milk", False))
    assert isinstance(created.created_at, datetime)
    repeated = tasks.create_task_with_http_info(milk, idempotency_key="milk")
    equal(repeated.headers["Idempotency-Replayed"], "true")
    equal(repeated.data, created)

    for title in ("Buy tea", "Buy bread"):
        tasks.create_task(NewTask(title=title))
    listed, cursor = [], None
    while True:
        page = tasks.list_tasks_with_http_info(limit=2, cursor=cursor)
        listed += page.data
        following = re.search(r'<([^>]*)>;\s*rel="next"', page.headers.get("Link", ""))
        if not following:
            break
        cursor = parse_qs(urlsplit(following[1]).query)["cursor"][0]
    equal([task.title for task in listed], ["Buy bread", "Buy tea", "Buy milk"])

    cleared = tasks.change_task(created.id, TaskChange(description=None))
    equal((cleared.title, cleared.description), ("Buy milk", None))
    renamed = TaskChange.from_dict({**cleared.to_dict(), "title": "Buy oat milk"})
    equal(tasks.change_task(created.id, renamed).title, "Buy oat milk")

    version = tasks.get_task(created.id).version
    patch = TaskChange(description="Crème")
    patched = tasks.patch_task(created.id, patch, if_match=f'"{version}"')
    equal(patched.version, version + 1)
    try:
        tasks.patch_task(created.id, patch, if_match=f'"{version}"')
        raise AssertionError("a change with an old entity tag succeeded")
    except ApiException as e:
        equal(e.status, 412)
    found = tasks.list_tasks_with_http_info(q="creme", sort="-title", count=True)
    equal(found.headers["Total-Count"], "1")

    equal(tasks.complete_task(created.id).completed, True)
    equal(tasks.complete_task(created.id).completed, False)
    equal(tasks.complete_task(created.id, completion=Completion(completed=True)).completed, True)
    equal(len(tasks.list_tasks(completed=True)), 1)

    tasks.delete_task(created.id)
    try:
        tasks.get_task(created.id)
        raise AssertionError("a deleted task was found")
    except NotFoundException as e:
        equal((e.data.status, e.data.detail), (404, "There is no task with this id."))
        assert re.fullmatch("[0-9a-f]{32}", e.data.trace_id)
    [trashed] = tasks.list_tasks(deleted=True)
    equal(trashed.id, created.id)
    assert isinstance(trashed.purge_at, datetime)
    equal(tasks.restore_task(created.id).purge_at, None)

    try:
        tasks.create_task(NewTask(title=" "))
        raise AssertionError("a blank title was accepted")
    except BadRequestException as e:
        # the generator reserves the name "field"
        errors = [(error.var_field, error.message) for error in e.data.errors]
        equal(errors, [("title", "must not be blank")])

    before = user.get_me().cursor
    due = {"due": "2026-01-13T18:00", "due_zone": "Europe/Berlin", "priority": "high"}
    rent = tasks.create_task(NewTask(title="Pay the rent", tags=["home"], metadata={"a": "b"}, **due))
    equal({name: getattr(rent, name) for name in due}, due)
    equal((rent.tags, rent.metadata), (["home"], {"a": "b"}))
    merged = tasks.patch_task(rent.id, TaskChange(due=None, metadata={"c": "d"}))
    equal((merged.due, merged.due_zone, merged.metadata), (None, None, {"a": "b", "c": "d"}))
    equal(tasks.list_tasks(tag=["home"], min_priority="high", sort="-priority"), [merged])
    changes = tasks.list_changes(since=before)
    equal((changes.changes, changes.more), ([merged], False))

    tasks.delete_task(rent.id)
    equal(tasks.get_task(rent.id, deleted=True).deleted, True)
    tasks.empty_trash(deleted=True)
    try:
        tasks.list_changes(since=before)
        raise AssertionError("a cursor before a removal was accepted")
    except ApiException as e:
        equal(e.status, 410)

    bread, tea, _ = listed
    version = tasks.get_task(created.id).version
    update = BatchUpdate(
        op="update",
        id=created.id,
        if_version=version,
        task=TaskChange(title="Buy crème", description=None),
    )
    operations = [
        BatchCreate(op="create", task=NewTask(title="Water the plants", due="2026-01-13")),
        update,
        BatchComplete(op="complete", id=tea.id, completed=True),
        BatchDelete(op="delete", id=bread.id),
    ]
    results = tasks.run_batch(batch(operations), idempotency_key="batch").results
    equal([result.status for result in results], [201, 200, 200, 204])
    equal((results[1].id, results[1].version), (created.id, version + 1))
    equal(tasks.get_task(created.id).description, None)
    try:
        tasks.run_batch(batch([BatchRestore(op="restore", id=bread.id), update]))
        raise AssertionError("a batch with an old version succeeded")
    except ApiException as e:
        failures = Problem.from_json(e.body).failures
        equal([(failed.operation, failed.status) for failed in failures], [(1, 412)])

    file = tasks.export_tasks().decode()
    *lines, end = map(json.loads, file.splitlines())
    equal((end["end"], end["tasks"]), (True, 4))
    exported = [Task.from_dict(line) for line in lines]
    equal(
        [(task.title, task.completed, task.deleted) for task in exported],
        [
            ("Buy crème", True, False),
            ("Buy tea", True, False),
            ("Buy bread", False, True),
            ("Water the plants", False, False),
        ],
    )
    equal(tasks.import_tasks(file, idempotency_key="file").tasks, 4)
    equal(len(tasks.list_tasks(q="crème")), 2)

    user.erase_me(EraseRequest(confirm="erase"))
    counts = user.get_me().tasks
    equal((counts.open, counts.completed, counts.deleted), (0, 0, 0))


def batch(operations):
    return Batch(operations=[BatchOperation(operation) for operation in operations])


if __name__ == "__main__":
    url, token = sys.argv[1:]
    with ApiClient(Configuration(host=url, access_token=token)) as client:
        session(TasksApi(client), UserApi(client))
