"""Rows L1 to L12 of the fault matrix: launching, each row made to happen."""
# ruff: noqa: N802 - tests are named by their rows

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import yaml

from podcompose import Override, compose
from podcompose.backends import KubernetesBackend
from podcompose.backends.kubernetes import backend as rooms
from podcompose.backends.kubernetes.asking import Terms
from podcompose.run import (
    Launched,
    NotFound,
    Refused,
    Selection,
    Throttled,
    Unreachable,
    Unsettled,
    launch_many,
    pod_name,
    reconcile,
)
from podcompose.run.errors import (
    AdmissionDenied,
    AdmissionUnavailable,
    Forbidden,
    Invalid,
    NamespaceTerminating,
    NameTaken,
    OtherPod,
    QuotaExceeded,
    Unauthenticated,
)
from podcompose.run.prepare import for_launch
from podcompose.testing.faults import (
    Cause,
    Cut,
    Drop,
    Fault,
    FaultServer,
    HalfOpen,
    Headers,
    Status,
    admission_denied,
    forbidden,
    namespace_terminating,
    quota_exceeded,
    webhook_unavailable,
)
from tests.faults.conftest import Clock, MakeBackend, api_client

ID = "dag/run/task/1"
POD = {"spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "busybox"}]}}

LOST = {
    "reply lost": Drop(work=True),
    "reply lost, reset": Drop(work=True, reset=True),
    "request lost": Drop(work=False),
    "request lost, reset": Drop(work=False, reset=True),
    "reply cut": Cut(count=40),
    "reply cut, reset": Cut(count=40, reset=True),
    "head, then cut": Cut(),
}
SILENT = {
    "silence, accepted": HalfOpen(work=True),
    "silence, not accepted": HalfOpen(),
    "head, then silence": HalfOpen(lines=0),
}


def impatient(monkeypatch: pytest.MonkeyPatch, request_s: float = 0.1) -> None:
    """Have requests give up soon."""
    monkeypatch.setattr(rooms, "Terms", lambda jitter, deadline: Terms(jitter, deadline, request_s))


def only_one(server: FaultServer) -> dict[str, Any]:
    """The one pod that is there."""
    (pod,) = server.pods().values()
    return pod


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
def test_L01_a_lost_answer_makes_no_second_pod(server: FaultServer, backend: KubernetesBackend, fault: Fault) -> None:
    """Whatever was lost, three times over, the launch ends with the one pod that this call made."""
    server.script(fault, verb="POST", times=3)
    launched = backend.launch(POD, launch_id=ID)

    pod = only_one(server)
    assert (launched.ref.uid, launched.ref.name, launched.created) == (pod["metadata"]["uid"], pod_name(ID), True)
    assert {json.loads(request.body)["metadata"]["name"] for request in server.asked("POST")} == {pod_name(ID)}


@pytest.mark.parametrize("fault", SILENT.values(), ids=SILENT)
def test_L01_silence_makes_no_second_pod(
    server: FaultServer, backend: KubernetesBackend, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A POST that is never answered is given up, and settled."""
    impatient(monkeypatch)
    server.script(fault, verb="POST")
    launched = backend.launch(POD, launch_id=ID)

    assert (launched.ref.uid, launched.created) == (only_one(server)["metadata"]["uid"], True)


def test_L01_what_cannot_be_found_out_is_unsettled(server: FaultServer, backend: KubernetesBackend) -> None:
    """A launch whose pod may be there is never called failed: it is Unsettled, by name, and settled later."""
    server.script(Drop(work=True), verb="POST")
    server.script(Drop(work=False), times=None)
    with pytest.raises(Unsettled) as caught:
        backend.launch(POD, launch_id=ID, deadline=20.0)
    server.forget_scripts()

    assert (caught.value.launch_id, caught.value.namespace, caught.value.name) == (ID, "default", pod_name(ID))
    assert backend.settle(ID) == Launched(backend.launch(POD, launch_id=ID).ref, created=False)
    assert only_one(server)["metadata"]["name"] == pod_name(ID)


def test_L01_settling_says_when_there_is_nothing(backend: KubernetesBackend) -> None:
    """An id that was never launched is NotFound."""
    assert backend.settle(ID) == NotFound(pod_name(ID), "default")


def test_L02_the_same_launch_again_is_success(server: FaultServer, backend: KubernetesBackend) -> None:
    """409 with our id and digest gives the pod that is there, not made by this call."""
    first, second = backend.launch(POD, launch_id=ID), backend.launch(POD, launch_id=ID)

    assert (first.created, second.created, first.ref) == (True, False, second.ref)
    assert only_one(server)["metadata"]["uid"] == first.ref.uid


def test_L02_another_pod_under_the_same_id_is_refused(server: FaultServer, backend: KubernetesBackend) -> None:
    """The same id with another digest says what differs."""
    backend.launch(POD, launch_id=ID)
    other = {"spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "alpine"}]}}

    with pytest.raises(OtherPod, match=r"image.*busybox.*alpine"):
        backend.launch(other, launch_id=ID)


@pytest.mark.parametrize("deleting", [False, True])
def test_L02_a_name_of_somebody_else_is_left_alone(server: FaultServer, backend: KubernetesBackend, deleting: bool) -> None:
    """A pod of this name with another id, or none, is NameTaken and untouched, on its way out or not."""
    server.add({**POD, "metadata": {"name": pod_name(ID), "finalizers": ["a/b"]}})
    if deleting:
        server.finish(pod_name(ID))
    before = server.pods()
    with pytest.raises(NameTaken, match="somebody who left no launch id"):
        backend.launch(POD, launch_id=ID)

    assert server.pods() == before


def test_L02_our_own_pod_on_its_way_out_is_the_one(server: FaultServer, backend: KubernetesBackend) -> None:
    """A launch id that already had its pod gets no second one while that pod is going away."""
    first = backend.launch(POD, launch_id=ID)
    server.bind(first.ref.name)
    backend.stop(first.ref)

    assert backend.launch(POD, launch_id=ID) == Launched(first.ref, created=False)


def test_L03_a_conflict_that_is_no_namesake_is_tried_again(server: FaultServer, backend: KubernetesBackend, clock: Clock) -> None:
    """409 Conflict (a quota that was being written) is retried with jitter, without looking for a pod."""
    message = 'Operation cannot be fulfilled on resourcequotas "q": the object has been modified; please apply your changes'
    server.script(Status(409, reason="Conflict", message=message, name="q"), verb="POST", times=3)
    launched = backend.launch(POD, launch_id=ID)

    assert (launched.created, launched.attempts, clock.rests) == (True, 4, [0.1, 0.2, 0.4])
    assert server.asked("GET") == []


def test_L04_the_server_says_how_long_to_wait(server: FaultServer, backend: KubernetesBackend, clock: Clock) -> None:
    """429 is tried again no sooner than Retry-After says, and is no failure."""
    server.script(Status(429, retry_after=7), verb="POST", times=2)
    launched = backend.launch(POD, launch_id=ID)

    assert (launched.created, clock.rests) == (True, [7.0, 7.0])


def test_L04_looking_waits_as_well(server: FaultServer, backend: KubernetesBackend, clock: Clock) -> None:
    """So is a GET: nothing below sleeps or tries again on its own."""
    server.script(Status(429, retry_after=7), verb="GET", times=2)
    settled = backend.settle(ID)

    assert (settled, clock.rests, len(server.asked("GET"))) == (NotFound(pod_name(ID), "default"), [7.0, 7.0], 3)


def test_L04_waiting_ends_at_the_deadline(server: FaultServer, backend: KubernetesBackend, clock: Clock) -> None:
    """429 for ever is Throttled at the deadline, not later; nothing was made."""
    server.script(Status(429, retry_after=7), verb="POST", times=None)
    with pytest.raises(Throttled, match="Too many requests"):
        backend.launch(POD, launch_id=ID, deadline=20.0)

    assert sum(clock.rests) == pytest.approx(20.0, abs=0.5)
    assert server.pods() == {}


def test_L04_waiting_is_cut_short_by_close(server: FaultServer, backend: KubernetesBackend, clock: Clock) -> None:
    """Who closes the backend ends a launch that waits, at once."""
    server.script(Status(429, retry_after=7), verb="POST", times=None)
    clock.at_rest = lambda count: backend.close()
    with pytest.raises(Throttled, match="closed"):
        backend.launch(POD, launch_id=ID)

    assert len(clock.rests) == 1


def test_L04_many_launches_slow_down_together(server: FaultServer, backend: KubernetesBackend) -> None:
    """Launches that are throttled all succeed in the end, each with one pod."""
    server.script(Status(429, retry_after=1), verb="POST", times=20)
    results = dict(launch_many(backend, {f"many/{number}": POD for number in range(30)}, max_in_flight=8))

    assert all(isinstance(result, Launched) and result.created for result in results.values())
    assert len(server.pods()) == len(results) == 30


def test_L05_a_full_quota_is_waited_for(server: FaultServer, backend: KubernetesBackend, clock: Clock) -> None:
    """403 of a quota is tried again, slowly, until there is room."""
    server.script(quota_exceeded(pod_name(ID)), verb="POST", times=2)
    launched = backend.launch(POD, launch_id=ID)

    assert (launched.created, clock.rests) == (True, [5.0, 10.0])


def test_L05_a_full_quota_at_the_deadline(server: FaultServer, backend: KubernetesBackend) -> None:
    """403 of a quota for ever is QuotaExceeded, with the server's words."""
    server.script(quota_exceeded(pod_name(ID)), verb="POST", times=None)

    with pytest.raises(QuotaExceeded, match="exceeded quota: team-a"):
        backend.launch(POD, launch_id=ID, deadline=30.0)


def test_L05_missing_permissions_are_final(server: FaultServer, backend: KubernetesBackend, clock: Clock) -> None:
    """403 of RBAC is Forbidden at once, and names verb and resource."""
    why = 'User "u" cannot create resource "pods" in API group "" in the namespace "default"'
    server.script(forbidden(pod_name(ID), why), verb="POST", times=None)

    with pytest.raises(Forbidden, match="the verb create on pods"):
        backend.launch(POD, launch_id=ID)
    assert (clock.rests, len(server.asked("POST"))) == ([], 1)


def test_L05_a_namespace_that_goes_away_is_final(server: FaultServer, backend: KubernetesBackend, clock: Clock) -> None:
    """403 of a terminating namespace is told from the other two by its cause."""
    server.script(namespace_terminating(pod_name(ID)), verb="POST", times=None)

    with pytest.raises(NamespaceTerminating, match="being terminated"):
        backend.launch(POD, launch_id=ID)
    assert clock.rests == []


def test_L06_every_cause_is_mapped_to_who_set_the_field(server: FaultServer, backend: KubernetesBackend, clock: Clock) -> None:
    """422 is final; each cause has its path, and where the pod is a Composition, who set it, in which line."""
    text = "spec:\n  containers:\n  - name: main\n    image: ''\n"
    composition = compose(POD, Override.from_yaml(text, "team-a", "o.yaml"))
    causes = (
        Cause("spec.containers[0].image", "Required value", "FieldValueRequired"),
        Cause("spec.restartPolicy", 'Unsupported value: "Never"', "FieldValueNotSupported"),
    )
    server.script(Status(422, message="Pod is invalid", causes=causes), verb="POST", times=None)
    with pytest.raises(Invalid) as caught:
        backend.launch(composition, launch_id=ID)

    first, second = caught.value.problems
    assert 'spec.containers[name="main"].image' in str(first)
    assert "Required value" in str(first)
    assert "override team-a" in str(first)
    assert "o.yaml:4" in str(first)
    assert ("spec.restartPolicy" in str(second), "Unsupported value" in str(second)) == (True, True)
    assert (clock.rests, len(server.asked("POST"))) == ([], 1)


@pytest.mark.parametrize("code", [400, 403, 500])
def test_L07_a_webhooks_no_is_final(server: FaultServer, backend: KubernetesBackend, clock: Clock, code: int) -> None:
    """A denial, with whatever status, is AdmissionDenied with the webhook's name and words."""
    server.script(admission_denied("policy.example.com", "no latest tags", code), verb="POST", times=None)

    with pytest.raises(AdmissionDenied, match=r"policy\.example\.com.*no latest tags"):
        backend.launch(POD, launch_id=ID)
    assert (clock.rests, len(server.asked("POST"))) == ([], 1)


def test_L07_a_webhook_that_is_down_is_waited_for(server: FaultServer, backend: KubernetesBackend) -> None:
    """A webhook that cannot be called is tried again; at the deadline it is AdmissionUnavailable, by its name."""
    server.script(webhook_unavailable("policy.example.com"), verb="POST", times=2)
    launched = backend.launch(POD, launch_id=ID)
    server.script(webhook_unavailable("policy.example.com"), verb="POST", times=None)

    assert (launched.created, launched.attempts) == (True, 3)
    with pytest.raises(AdmissionUnavailable, match=r"policy\.example\.com"):
        backend.launch(POD, launch_id="another", deadline=10.0)


@pytest.mark.parametrize("work", [False, True])
@pytest.mark.parametrize("code", [500, 502, 503, 504])
def test_L08_a_failing_server_makes_one_pod(
    server: FaultServer, backend: KubernetesBackend, clock: Clock, code: int, work: bool
) -> None:
    """5xx is tried again with jitter, and settled, for it can follow a POST that was accepted."""
    server.script(Status(code, work=work, body=b"<html>oops</html>"), verb="POST")
    launched = backend.launch(POD, launch_id=ID)

    assert (launched.created, launched.ref.uid) == (True, only_one(server)["metadata"]["uid"])


def test_L08_rests_double_up_to_half_a_minute(server: FaultServer, backend: KubernetesBackend, clock: Clock) -> None:
    """Between failures the longest rest doubles from 0.1 to 30 s, and the deadline bounds them all."""
    server.script(Status(503), times=None)
    with pytest.raises(Unsettled):
        backend.launch(POD, launch_id=ID, deadline=100.0)

    assert clock.rests[:10] == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0])
    assert sum(clock.rests) == pytest.approx(100.0, abs=0.5)


def test_L09_a_refused_connection_was_never_sent(server: FaultServer, backend: KubernetesBackend, clock: Clock) -> None:
    """A server that is down is waited for, without any doubt to settle."""
    server.refuse()
    clock.at_rest = lambda count: server.listen() if count == 3 else None
    launched = backend.launch(POD, launch_id=ID)

    assert (launched.created, launched.attempts, len(server.asked("POST"))) == (True, 4, 1)
    assert server.asked("GET") == []


def test_L09_a_server_that_stays_down_is_unreachable(server: FaultServer, backend: KubernetesBackend) -> None:
    """At the deadline it is Unreachable: no pod was made, and nobody needs to settle."""
    server.refuse()

    with pytest.raises(Unreachable, match="refused"):
        backend.launch(POD, launch_id=ID, deadline=10.0)


def test_L09_a_name_that_does_not_resolve(make: MakeBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS is part of connecting."""

    def unknown(*_: object) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    with pytest.raises(Unreachable, match="not known"):
        make("http://cluster.example").launch(POD, launch_id=ID, deadline=10.0)


def test_L09_tls_that_fails(server: FaultServer, make: MakeBackend) -> None:
    """So is TLS: a handshake that fails has sent nothing."""
    with pytest.raises(Unreachable, match="SSL"):
        make(server.url.replace("http:", "https:")).launch(POD, launch_id=ID, deadline=10.0)
    assert server.pods() == {}


def renewing(token: list[str]) -> dict[str, Any]:
    """Settings of a client whose hook brings the token of now, as the in-cluster one does."""

    # The whole value of the header, for clients of generation 36 forget a prefix that is given under this name.
    def renew(configuration: Any) -> None:
        configuration.api_key = {"authorization": f"Bearer {token[0]}"}

    return {"api_key": {"authorization": "Bearer old"}, "refresh_api_key_hook": renew}


def test_L10_a_token_that_expired_is_renewed_once(server: FaultServer, tmp_path: Path, clock: Clock) -> None:
    """401 makes the kubeconfig be read anew, and the request be sent once more: a second 401 never comes."""
    path = tmp_path / "kubeconfig"
    path.write_text(kubeconfig(server.url, "old"))
    server.ask_token("new")
    with KubernetesBackend.from_kubeconfig(path) as backend:
        path.write_text(kubeconfig(server.url, "new"))
        launched = backend.launch(POD, launch_id=ID)

    assert (launched.created, launched.attempts) == (True, 1)
    assert [request.headers["authorization"] for request in server.asked("POST")] == ["Bearer old", "Bearer new"]


def kubeconfig(url: str, token: str) -> str:
    """A kubeconfig with one cluster and one user."""
    context = {"name": "c", "context": {"cluster": "c", "user": "u", "namespace": "default"}}
    cluster, user = {"name": "c", "cluster": {"server": url}}, {"name": "u", "user": {"token": token}}
    whole = {"contexts": [context], "clusters": [cluster], "users": [user], "current-context": "c"}
    return yaml.safe_dump({"apiVersion": "v1", "kind": "Config", **whole})


def test_L10_a_hook_of_the_client_is_asked(server: FaultServer, make: MakeBackend) -> None:
    """An ApiClient with a refresh hook of its own is asked by that hook."""
    token = ["old"]
    server.ask_token("new")
    backend = make(settings=renewing(token))
    token[0] = "new"

    assert backend.launch(POD, launch_id=ID).created


def test_L10_credentials_that_stay_bad_are_final(server: FaultServer, make: MakeBackend, clock: Clock) -> None:
    """A second 401 in a row is Unauthenticated: two requests, no rest, no hammering."""
    server.ask_token("new")

    with pytest.raises(Unauthenticated, match="log in again"):
        make(settings=renewing(["old"])).launch(POD, launch_id=ID)
    assert (len(server.asked("POST")), clock.rests) == (2, [])


def test_L11_what_was_composed_is_what_is_sent(server: FaultServer, backend: KubernetesBackend) -> None:
    """The bytes are those of the composition, fields that no client models included; the server's warnings are told."""
    pod = {"spec": {"fieldOfTheFuture": {"a": [1, None, {}]}, "containers": [{"name": "main", "image": "i", "tty": False}]}}
    server.script(Headers(headers=(("Warning", '299 - "unknown field \\"spec.fieldOfTheFuture\\""'),)), verb="POST")
    launched = backend.launch(pod, launch_id=ID)
    (request,) = server.asked("POST")

    assert request.body == for_launch(pod, ID).composition.json
    assert request.json["spec"]["fieldOfTheFuture"] == {"a": [1, None, {}]}
    assert launched.warnings == ('unknown field "spec.fieldOfTheFuture"',)


def test_L11_strict_validation_can_be_asked_for(server: FaultServer, make: MakeBackend) -> None:
    """The server refuses unknown fields where it is asked to; a dry run asks without making."""
    make(field_validation="Strict").launch(POD, launch_id=ID, dry_run=True)

    assert server.asked("POST")[0].query == {"dryRun": "All", "fieldValidation": "Strict"}
    assert server.pods() == {}


def test_L12_a_launch_is_cancelled_by_close(server: FaultServer, make: MakeBackend) -> None:
    """Closing ends a launch that waits for its answer at once; the id can be settled, and the pod is found by its label."""
    server.script(HalfOpen(work=True), verb="POST")
    backend, caught = make(), []

    def launch() -> None:
        try:
            backend.launch(POD, launch_id=ID)
        except Unsettled as error:
            caught.append(error)

    thread = threading.Thread(target=launch)
    thread.start()
    server.await_silent()
    backend.close()
    thread.join(10)

    assert [error.name for error in caught] == [pod_name(ID)]
    with fresh(server) as later:
        settled = later.settle(ID)
    assert isinstance(settled, Launched)
    assert settled.ref.uid == only_one(server)["metadata"]["uid"]


def fresh(server: FaultServer) -> KubernetesBackend:
    """Another backend of this server, as after a restart."""
    return KubernetesBackend.from_api_client(api_client(server.url), "default")


def test_L12_a_scheduler_that_was_killed(server: FaultServer) -> None:
    """After kill -9 in the middle of a launch, the next one settles the id, and finds the pod by its label."""
    server.script(HalfOpen(work=True), verb="POST")
    code = (
        "import sys; from kubernetes import client; from podcompose.backends import KubernetesBackend; "
        "backend = KubernetesBackend.from_api_client(client.ApiClient(client.Configuration(host=sys.argv[1])), 'default'); "
        f"backend.launch({POD!r}, launch_id={ID!r})"
    )
    child = subprocess.Popen([sys.executable, "-c", code, server.url], cwd=Path(__file__).parents[2])
    try:
        server.await_silent(timeout=60.0)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    with fresh(server) as backend:
        settled = backend.settle(ID)
        found = reconcile(backend, [ID, "never"], Selection(("default",)))

    assert isinstance(settled, Launched)
    assert found.owned[ID].ref == settled.ref
    assert found.missing == ("never",)


def test_every_error_is_a_launch_error() -> None:
    """What the rows above raise is told apart by what can be done about it."""
    assert issubclass(NameTaken, Refused)
    assert issubclass(QuotaExceeded, Throttled)
    assert issubclass(AdmissionUnavailable, Unreachable)
    assert not issubclass(Unsettled, (Refused, Throttled, Unreachable))
