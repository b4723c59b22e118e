"""Launching, settling, stopping and adopting as effects: scripted answers, no server, no clock."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, ClassVar

import pytest

from podcompose import Override, Template, compose
from podcompose.backends.kubernetes.adopting import adopt
from podcompose.backends.kubernetes.asking import Terms
from podcompose.backends.kubernetes.effects import Ambiguous, Answer, Closed, Effects, NotSent, Request, Rest, Rested, Result
from podcompose.backends.kubernetes.identity import identify
from podcompose.backends.kubernetes.launching import launch, settle
from podcompose.backends.kubernetes.stopping import stop
from podcompose.run import naming
from podcompose.run.errors import (
    AdmissionDenied,
    AdmissionUnavailable,
    Forbidden,
    Invalid,
    LaunchError,
    NamespaceTerminating,
    NameTaken,
    OtherPod,
    QuotaExceeded,
    Refused,
    Throttled,
    Unauthenticated,
    Unreachable,
    Unsettled,
)
from podcompose.run.prepare import Prepared, for_launch
from podcompose.run.protocols import Adopted, Launched, NotFound, Superseded
from podcompose.run.records import Owner, PodRef

POD = {"spec": {"containers": [{"name": "base", "image": "busybox"}]}}
REF = PodRef("ns", "a-1-o4zdfk7jgq", "u1")
DATE = ("date", "Thu, 01 Jan 2026 00:01:00 GMT")
LOST = "lost"  # sent, and the answer did not come
DEAF = "deaf"  # not sent
SHUT = "shut"  # the backend was closed


@dataclass
class Played:
    """What came of a generator that was given its answers."""

    value: Any = None
    error: LaunchError | None = None
    requests: list[Request] = field(default_factory=list)
    rests: list[float] = field(default_factory=list)

    @property
    def methods(self) -> list[str]:
        return [request.method for request in self.requests]


def play(effects: Effects[Any], answers: Iterable[Any], took_s: float = 0.0) -> Played:
    """Drive a generator; each request takes `took_s`; the last answer is given for ever."""
    played, script, now = Played(), list(answers), 0.0
    try:
        effect = next(effects)
        while True:
            if isinstance(effect, Rest):
                played.rests.append(effect.seconds)
                now += effect.seconds
                effect = effects.send(Closed(now) if script[:1] == [SHUT] else Rested(now))
                continue
            played.requests.append(effect)
            now += took_s
            scripted = script.pop(0) if len(script) > 1 else script[0]
            effect = effects.send(result_of(scripted, now))
    except StopIteration as done:
        played.value = done.value
    except LaunchError as error:
        played.error = error
    return played


def result_of(scripted: Any, now: float) -> Result:
    if scripted in (LOST, DEAF, SHUT):
        return {LOST: Ambiguous("reset", now), DEAF: NotSent("refused", now), SHUT: Closed(now)}[scripted]
    status, body, *headers = scripted
    return Answer(status, (DATE, *headers), json.dumps(body).encode() if type(body) is dict else body, now)


def terms(deadline: float = 300.0) -> Terms:
    """The longest rests."""
    return Terms(lambda: 1.0, deadline)


def prepared(pod: Any = POD, launch_id: str = "a/1") -> Prepared:
    return for_launch(pod, launch_id, "ns")


def live(ours: Prepared | None = None, created: str = "2026-01-01T00:00:59Z", **metadata: Any) -> dict[str, Any]:
    """The pod as the server has it."""
    manifest = (prepared() if ours is None else ours).composition.manifest
    known = {**manifest["metadata"], "uid": "u1", "namespace": "ns", "creationTimestamp": created, "resourceVersion": "7"}
    return {**manifest, "kind": "Pod", "metadata": {**known, **metadata}}


def no(code: int, reason: str = "", message: str = "", causes: Iterable[dict[str, str]] = (), **details: Any) -> tuple[Any, ...]:
    """A Status of failure."""
    body = {"kind": "Status", "reason": reason, "message": message, "details": {"causes": list(causes), **details}}
    return (code, body)


THERE = no(409, "AlreadyExists", 'pods "x" already exists')
ABSENT = no(404, "NotFound", 'pods "x" not found')
BUSY = no(429, "TooManyRequests", "too many requests")
BROKEN = no(503, "ServiceUnavailable", "down")
QUOTA = no(403, "Forbidden", 'pods "x" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1')


def launched(answers: Iterable[Any], deadline: float = 300.0, took_s: float = 0.0, **how: Any) -> Played:
    return play(launch(prepared(), terms(deadline), 0.0, **how), answers, took_s)


class TestLaunch:
    def test_bytes(self) -> None:
        """What is sent is what was composed, byte for byte, to the namespace it is for."""
        played = launched([(201, live())])

        assert played.value == Launched(REF, True, (), 1)
        assert played.requests == [Request("POST", "/api/v1/namespaces/ns/pods", (), prepared().body)]

    def test_warnings(self) -> None:
        """Warning headers are told as texts."""
        played = launched([(201, live(), ("warning", '299 - "unknown field \\"spec.x\\""'), ("warning", '299 - "old"'))])

        assert played.value.warnings == ('unknown field "spec.x"', "old")

    @pytest.mark.parametrize(
        ("row", "answers", "methods", "created"),
        [
            ("L1 lost and made", [LOST, THERE, (200, live())], ["POST", "POST", "GET"], True),
            ("L1 lost and not made", [LOST, (201, live())], ["POST", "POST"], True),
            ("L1 lost twice", [LOST, LOST, THERE, (200, live())], ["POST"] * 3 + ["GET"], True),
            ("L1 lost, and a quota that our own pod has filled", [LOST, QUOTA, (200, live())], ["POST", "POST", "GET"], True),
            ("L1 lost, then a refusal, but it is there", [LOST, no(422, "Invalid"), (200, live())], ["POST", "POST", "GET"], True),
            ("L1 lost, but it was there long before", [LOST, THERE, (200, live(created="2026-01-01T00:00:01Z"))], 0, False),
            ("L2 there before", [THERE, (200, live())], ["POST", "GET"], False),
            ("L2 on its way out, but ours", [THERE, (200, live(deletionTimestamp="2026-01-01T00:01:00Z"))], 0, False),
            ("L2 there, and gone when looked at", [THERE, ABSENT, (201, live())], ["POST", "GET", "POST"], True),
            ("L2 there, and the look fails", [THERE, BROKEN, THERE, (200, live())], ["POST", "GET", "POST", "GET"], False),
            ("L3", [no(409, "Conflict", "the object has been modified"), (201, live())], ["POST", "POST"], True),
            ("L4", [BUSY, BUSY, (201, live())], ["POST"] * 3, True),
            ("L5 a quota with room again", [QUOTA, (201, live())], ["POST", "POST"], True),
            ("L7 a webhook that is back", [no(500, "", 'failed calling webhook "w": x'), (201, live())], ["POST", "POST"], True),
            ("L8 500", [no(500, "InternalError"), THERE, (200, live())], ["POST", "POST", "GET"], True),
            ("L8 502 of a proxy", [(502, b"<html>bad gateway</html>"), (201, live())], ["POST", "POST"], True),
            ("L8 504", [no(504, "Timeout"), THERE, (200, live())], ["POST", "POST", "GET"], True),
            ("L8 201 without a pod", [(201, b"{"), THERE, (200, live())], ["POST", "POST", "GET"], True),
            ("L9", [DEAF, DEAF, (201, live())], ["POST"] * 3, True),
            ("L9 and there before", [DEAF, THERE, (200, live())], ["POST", "POST", "GET"], False),
        ],
    )
    def test_success(self, row: str, answers: list[Any], methods: list[str] | int, created: bool) -> None:
        """Whatever came between, the pod of the launch is found, and who made it is told."""
        played = launched(answers)

        assert played.error is None, played.error
        assert (played.value.ref, played.value.created) == (REF, created)
        assert methods in (0, played.methods)
        assert played.value.attempts == played.methods.count("POST")

    @pytest.mark.parametrize(
        ("row", "answer", "kind", "words"),
        [
            (
                "L5 RBAC",
                no(403, "Forbidden", 'pods is forbidden: User "u" cannot create resource "pods" in'),
                Forbidden,
                "create on pods",
            ),
            (
                "L5 terminating",
                no(403, "Forbidden", 'pods "x" is forbidden: unable to', [{"reason": "NamespaceTerminating"}]),
                NamespaceTerminating,
                "name another",
            ),
            ("L5 no namespace", no(404, "NotFound", 'namespaces "ns" not found'), Refused, "make the namespace"),
            ("L6", no(422, "Invalid", "", [{"field": "spec.x", "message": "no"}]), Invalid, ".spec.x: no"),
            ("L6 unread", no(400, "BadRequest", "quantities must match"), Invalid, "quantities"),
            ("L7 webhook", no(400, "", 'admission webhook "w.x" denied the request: no'), AdmissionDenied, "webhook w.x"),
            ("L7 webhook, any code", no(500, "", 'admission webhook "w.x" denied the request: no'), AdmissionDenied, "w.x"),
            (
                "L7 policy",
                no(422, "Invalid", "pods \"x\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no"),
                AdmissionDenied,
                "ValidatingAdmissionPolicy 'p'",
            ),
            (
                "L7 built in",
                no(403, "Forbidden", 'pods "x" is forbidden: violates PodSecurity "restricted"'),
                AdmissionDenied,
                "PodSec",
            ),
            ("L10", no(401, "Unauthorized", "Unauthorized"), Unauthenticated, "log in"),
            ("413", (413, b"Request entity too large"), Refused, "ConfigMap"),
            ("too large for etcd", no(500, "", "etcdserver: request is too large"), Refused, "ConfigMap"),
            ("redirect", (302, b""), Refused, "302"),
            ("405", no(405, "MethodNotAllowed", "no"), Refused, "405"),
        ],
    )
    def test_refusal(self, row: str, answer: Any, kind: type[LaunchError], words: str) -> None:
        """What asking again cannot change is raised at once, by its own name, with the next step."""
        played = launched([answer])

        assert type(played.error) is kind
        assert words in str(played.error)
        assert played.rests == []
        assert (played.error.launch_id, played.error.name, played.error.attempts) == ("a/1", REF.name, 1)

    @pytest.mark.parametrize(
        ("row", "answers", "kind"),
        [
            ("L1", [LOST], Unsettled),
            ("L1 and then deaf", [LOST, DEAF], Unsettled),
            ("L1 and then busy, though not seen", [LOST, BUSY, ABSENT, BUSY, ABSENT, BUSY, ABSENT, BUSY], Unsettled),
            ("L3", [no(409, "Conflict", "modified")], Unreachable),
            ("L4", [BUSY], Throttled),
            ("L5", [QUOTA], QuotaExceeded),
            ("L7", [no(500, "InternalError", 'failed calling webhook "w": x')], AdmissionUnavailable),
            ("L8", [BROKEN], Unsettled),
            ("L9", [DEAF], Unreachable),
            ("a server that has just begun", [no(403, "Forbidden", "not yet ready to handle request")], Unreachable),
        ],
    )
    def test_deadline(self, row: str, answers: list[Any], kind: type[LaunchError]) -> None:
        """At the deadline, and not after it, the reason is raised; Unsettled as soon as one POST may have made the pod."""
        played = launched(answers, deadline=20.0, took_s=0.25)

        assert type(played.error) is kind
        assert sum(played.rests) + 0.25 * len(played.requests) == pytest.approx(20.0, abs=0.25)
        assert played.error.attempts > 1
        assert max(request.timeout_s for request in played.requests) <= 20.0

    @pytest.mark.parametrize(
        ("row", "answers", "kind"),
        [
            ("refused after all", [LOST, no(422, "Invalid", "no"), ABSENT], Invalid),
            ("rights went away", [LOST, no(403, "Forbidden", 'User "u" cannot create resource "pods"'), ABSENT], Unsettled),
            ("nobody may look", [LOST, THERE, no(403, "Forbidden", 'User "u" cannot get resource "pods"')], Unsettled),
            ("nobody may look, no doubt", [THERE, no(403, "Forbidden", 'User "u" cannot get resource "pods"')], Unsettled),
            ("L2 somebody else's", [THERE, (200, live(annotations={naming.LAUNCH_ID: "b"}))], NameTaken),
            ("L2 nobody's", [THERE, (200, live(annotations=None))], NameTaken),
            ("L2 another pod", [THERE, (200, live(annotations={naming.LAUNCH_ID: "a/1", naming.DIGEST: "d"}))], OtherPod),
        ],
    )
    def test_looked_at(self, row: str, answers: list[Any], kind: type[LaunchError]) -> None:
        """What a look at the pod of the name decides."""
        played = launched(answers)

        assert type(played.error) is kind

    def test_retry_after(self) -> None:
        """The server's own wait is waited, where it is longer than ours, and not beyond the deadline."""
        busy = (*BUSY, ("retry-after", "7"))

        assert launched([busy, (201, live())]).rests == [7.0]
        assert launched([busy], deadline=10.0).rests == [7.0, 3.0]

    def test_backoff(self) -> None:
        """Rests double from 0.1 s to 30 s; those for a quota begin at 5 s."""
        soon, slowly = launched([BUSY], deadline=100.0).rests, launched([QUOTA], deadline=100.0).rests

        assert soon[:9] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6]
        assert slowly == [5.0, 10.0, 20.0, 30.0, 30.0, 5.0]

    @pytest.mark.parametrize(
        ("answers", "kind"),
        [([SHUT], Unreachable), ([LOST, SHUT], Unsettled), ([BUSY, SHUT], Throttled), ([THERE, SHUT], Unsettled)],
    )
    def test_closed(self, answers: list[Any], kind: type[LaunchError]) -> None:
        """Once the backend is closed, nothing more is asked, and a pod that may be there is not denied (row L12)."""
        played = launched(answers)

        assert type(played.error) is kind
        assert "closed" in str(played.error)

    def test_no_time(self) -> None:
        """A deadline that is over sends nothing."""
        played = launched([(201, live())], deadline=0.0)

        assert (type(played.error), played.requests) == (Unreachable, [])

    @pytest.mark.parametrize(
        ("answers", "result"),
        [
            ([(201, live(uid=""))], Launched(PodRef("ns", REF.name, ""), False, (), 1)),
            ([LOST, (201, live())], Launched(REF, False, (), 2)),
            ([THERE, (200, live())], Launched(REF, False, (), 1)),
            ([LOST], Unreachable),
            ([BROKEN], Unreachable),
        ],
    )
    def test_dry_run(self, answers: list[Any], result: Any) -> None:
        """A dry run makes nothing, says so, and leaves no doubt behind."""
        played = launched(answers, dry_run=True, deadline=1.0)

        assert (played.value or type(played.error)) == result
        assert played.requests[0].query == (("dryRun", "All"),)

    def test_field_validation(self) -> None:
        """What the server shall do with fields it does not know is asked for, if it was said."""
        assert launched([(201, live())], field_validation="Strict").requests[0].query == (("fieldValidation", "Strict"),)


class TestBlame:
    template = Template.from_yaml("spec:\n  containers:\n  - {name: base, env: [{name: A, value: x}]}\n", source="worker.yaml")
    override = Override.from_yaml("spec:\n  containers:\n  - name: base\n    image: ''\n", name="team-a", source="o.yaml")
    pod = compose(template, override, Override({"spec": {"hostNetwrk": True}}, name="b"), unknown="keep")

    @pytest.mark.parametrize(
        ("field", "line"),
        [
            ("spec.containers[0].image", 'o.yaml:4:12: .spec.containers[name="base"].image: no (override team-a)'),
            (
                "spec.containers[0].env[0].value",
                'worker.yaml:3:41: .spec.containers[name="base"].env[name="A"].value: no (template)',
            ),
            ("spec.containers[0].command", 'worker.yaml:3:5: .spec.containers[name="base"].command: no (template)'),
            ("spec.containers[9].name", ".spec.containers[9].name: no (template)"),
            ("spec.tolerations[0].operator", ".spec.tolerations[0].operator: no (template)"),
            ("metadata.annotations[podcompose.io/launch-id]", '.metadata.annotations["podcompose.io/launch-id"]: no (launch)'),
            ("spec.hostNetwrk", ".spec.hostNetwrk: no (override b)"),
            ("<nil>", ": no"),
            ("", "no"),
        ],
    )
    def test_causes(self, field: str, line: str) -> None:
        """Each cause of a 422 has the path as podcompose writes it, and who set it, where (row L6)."""
        ours = prepared(self.pod)
        played = play(launch(ours, terms(), 0.0), [no(422, "Invalid", "all", [{"field": field, "message": "no"}])])

        assert played.error is not None
        assert line in str(played.error)

    @pytest.mark.parametrize(
        ("message", "words"),
        [
            (
                'strict decoding error: unknown field "spec.hostNetwrk", unknown field "spec.x"',
                ["hostNetwrk: the API server", ".spec.x: the"],
            ),
            (
                "cannot unmarshal string into Go struct field Container.spec.containers.image of type int",
                [".spec.containers.image: "],
            ),
        ],
    )
    def test_decoding(self, message: str, words: list[str]) -> None:
        """Fields that the server names in its text alone are named all the same."""
        played = play(launch(prepared(self.pod), terms(), 0.0), [no(400, "BadRequest", message)])

        assert type(played.error) is Invalid
        assert all(word in str(played.error) for word in words)


class TestSettle:
    @pytest.mark.parametrize(
        ("answers", "result"),
        [
            ([(200, live())], Launched(REF, False, (), 1)),
            ([LOST, BROKEN, (200, live())], Launched(REF, False, (), 3)),
            ([ABSENT], NotFound(REF.name, "ns")),
            ([(200, live(annotations={naming.LAUNCH_ID: "b"}))], NotFound(REF.name, "ns")),
            ([no(403, "Forbidden", 'User "u" cannot get resource "pods"')], Forbidden),
            ([BROKEN], Unsettled),
            ([DEAF], Unsettled),
        ],
    )
    def test_settle(self, answers: list[Any], result: Any) -> None:
        """A launch is found, or surely not there, or it could not be found out."""
        played = play(settle("a/1", "ns", terms(20.0), 0.0), answers)

        assert (played.value or type(played.error)) == result
        assert set(played.methods) == {"GET"}


def deleting(**metadata: Any) -> dict[str, Any]:
    """The DELETE's answer: deletion began 30 s before its timestamp."""
    return live(deletionTimestamp="2026-01-01T00:01:32Z", deletionGracePeriodSeconds=30, **metadata)


def at(second: int, minute: int = 1) -> datetime:
    return datetime(2026, 1, 1, 0, minute, second, tzinfo=timezone.utc)


class TestStop:
    not_ours = no(409, "Conflict", "the UID in the precondition (a) does not match the UID in record (b)")
    noted: ClassVar[dict[str, Any]] = {"annotations": {naming.STOPPED_AT: "2026-01-01T00:00:30Z"}}

    @pytest.mark.parametrize(
        ("answers", "methods", "began"),
        [
            ([(200, live()), (200, live()), (200, deleting())], ["GET", "PATCH", "DELETE"], at(1)),
            ([(200, live(**noted)), (200, deleting(**noted))], ["GET", "DELETE"], at(30, 0)),
            ([(200, deleting()), (200, live()), (200, deleting())], ["GET", "PATCH", "DELETE"], at(59, 0)),
            ([ABSENT], ["GET"], None),
            ([(200, live(uid="u2"))], ["GET"], None),
            ([(200, live()), ABSENT, ABSENT], ["GET", "PATCH", "DELETE"], None),
            ([(200, live()), no(422, "Invalid", "metadata.uid: field is immutable"), not_ours], ["GET", "PATCH", "DELETE"], None),
            ([(200, live()), no(403, "Forbidden", "User cannot patch"), (200, deleting())], ["GET", "PATCH", "DELETE"], at(1)),
            ([no(403, "Forbidden", "User cannot get"), (200, live()), (200, deleting())], ["GET", "PATCH", "DELETE"], at(1)),
            ([DEAF, (200, live()), (200, live()), (200, deleting())], ["GET", "GET", "PATCH", "DELETE"], at(1)),
            ([(200, live()), BUSY, (200, live(**noted)), (200, deleting())], ["GET", "PATCH", "GET", "DELETE"], at(30, 0)),
            ([(200, live()), (200, live()), LOST, ABSENT], ["GET", "PATCH", "DELETE", "GET"], None),
        ],
    )
    def test_stop(self, answers: list[Any], methods: list[str], began: datetime | None) -> None:
        """The pod of this uid is deleted, noted as stopped by us before, and when that began is known; absent is done."""
        played = play(stop(REF, None, terms(), 0.0), answers)

        assert played.error is None, played.error
        assert (played.methods, played.value) == (methods, began)

    def test_requests(self) -> None:
        """Both changes are bound to the uid; the moment is the server's, a second before any exit to come; grace is made whole."""
        played = play(stop(REF, 1.2, terms(), 0.0), [(200, live()), (200, live()), (200, deleting())])
        patched, deleted = (json.loads(request.body or b"") for request in played.requests[1:])

        assert patched == {"metadata": {"uid": "u1", "annotations": {naming.STOPPED_AT: "2026-01-01T00:00:59Z"}}}
        assert played.requests[1].content_type == "application/merge-patch+json"
        assert (deleted["preconditions"], deleted["gracePeriodSeconds"]) == ({"uid": "u1"}, 2)

    @pytest.mark.parametrize(
        ("answers", "kind"),
        [
            ([(200, live()), (200, live()), no(403, "Forbidden", 'User "u" cannot delete resource "pods"')], Forbidden),
            ([DEAF], Unreachable),
            ([BUSY], Throttled),
        ],
    )
    def test_error(self, answers: list[Any], kind: type[LaunchError]) -> None:
        """What cannot be stopped is said, by name."""
        played = play(stop(REF, None, terms(20.0), 0.0), answers)

        assert type(played.error) is kind
        assert (played.error.namespace, played.error.name) == ("ns", REF.name)


def owned(name: str, epoch: object) -> dict[str, Any]:
    return live(annotations={naming.OWNER: name, naming.OWNER_EPOCH: str(epoch)})


class TestAdopt:
    me = Owner("me", 3)
    moved = no(409, "Conflict", "the object has been modified")

    @pytest.mark.parametrize(
        ("answers", "result"),
        [
            ([(200, live()), (200, live())], Adopted(REF, me)),
            ([(200, owned("he", 2)), (200, live())], Adopted(REF, me)),
            ([(200, owned("he", "odd")), (200, live())], Adopted(REF, me)),
            ([(200, owned("me", 3))], Adopted(REF, me)),
            ([(200, owned("he", 3))], Superseded(REF, Owner("he", 3))),
            ([(200, owned("he", 4))], Superseded(REF, Owner("he", 4))),
            ([(200, live()), moved, (200, owned("he", 4))], Superseded(REF, Owner("he", 4))),
            ([(200, live()), moved, (200, live()), (200, live())], Adopted(REF, me)),
            ([(200, live()), LOST, (200, owned("me", 3))], Adopted(REF, me)),
            ([(200, live()), no(422, "Invalid", "metadata.uid: field is immutable")], NotFound(REF.name, "ns")),
            ([(200, live(uid="u2"))], NotFound(REF.name, "ns")),
            ([ABSENT], NotFound(REF.name, "ns")),
            ([no(403, "Forbidden", 'User "u" cannot get resource "pods"')], Forbidden),
        ],
    )
    def test_adopt(self, answers: list[Any], result: Any) -> None:
        """The higher epoch has the pod; of two that are equal, the first; a lost race is run again (rows O2, O3)."""
        played = play(adopt(REF, self.me, terms(), 0.0), answers)

        assert (played.value or type(played.error)) == result

    def test_compare_and_swap(self) -> None:
        """The change is bound to what was read."""
        played = play(adopt(REF, self.me, terms(), 0.0), [(200, live()), (200, live())])
        metadata = json.loads(played.requests[1].body or b"")["metadata"]

        assert (metadata["resourceVersion"], metadata["uid"]) == ("7", "u1")


class TestIdentify:
    @pytest.mark.parametrize(
        ("answers", "like"),
        [
            ([(200, {"metadata": {"uid": "u"}})], [(200, {"metadata": {"uid": "u"}})]),
            ([DEAF, BROKEN, (200, {"metadata": {"uid": "u"}})], [(200, {"metadata": {"uid": "u"}})]),
            ([no(403, "Forbidden", "no")], [no(404, "NotFound", "no")]),
        ],
    )
    def test_same(self, answers: list[Any], like: list[Any]) -> None:
        """A cluster has one word, whatever the way to it was; where it may not be asked, its address is the word."""
        word: Callable[[list[Any]], Any] = lambda script: play(identify("https://host", lambda: 1.0, print), script).value  # noqa: E731

        assert word(answers) == word(like) != word([(200, {"metadata": {"uid": "v"}})])

    def test_closed(self) -> None:
        """A backend that is closed while it asks gets no word."""
        assert play(identify("https://host", lambda: 1.0, print), [DEAF, SHUT]).value is None


def test_no_attempt_without_time_for_its_answer() -> None:
    """A rest that would leave no time for an answer lasts to the deadline: a last hasty POST would only raise doubt."""
    played = play(launch(prepared(), terms(0.34), 0.0), [no(429, "TooManyRequests")])

    assert type(played.error) is Throttled
    assert played.methods == ["POST", "POST"]
    assert played.rests == pytest.approx([0.1, 0.24])
