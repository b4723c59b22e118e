"""Compare and swap, and who has a label: on a server that loses, delays and refuses, with somebody else writing meanwhile."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podcompose.backends.kubernetes.asking import Terms
from podcompose.backends.kubernetes.effects import (
    Ambiguous,
    Answer,
    Closed,
    Effect,
    Effects,
    NotSent,
    Request,
    Rest,
    Rested,
    Result,
)
from podcompose.backends.kubernetes.swapping import holders, swap
from podcompose.run.errors import Forbidden, LaunchError, Unreachable, Unsettled
from podcompose.run.observe import observe
from podcompose.run.records import PodRecord, Stage
from podcompose.run.warm.hosting import Changed, Swapped

LABELS = {"task.podcompose.io/a": "", "gone": None}
ANNOTATIONS = {"task.podcompose.io/a": '{"launch": "a"}'}
TERMS = Terms(lambda: 0.5, deadline_s=1e6)

#: What becomes of one request.
FAULTS = ("pass", "lose request", "lose reply", "arrive late", "not sent", "500 undone", "500 done", "429", "somebody writes")


class Server:
    """One pod, and what becomes of each request in turn; afterwards all pass."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = list(faults)
        self.version, self.uid, self.there = 5, "u", True
        self.labels: dict[str, str] = {"gone": "soon"}
        self.annotations: dict[str, str] = {}
        #: How often our write was done; what of it is still on its way.
        self.written = 0
        self.late: list[tuple[int, Request]] = []
        self.requests: list[Request] = []
        self.now = 0.0

    def pod(self) -> dict[str, Any]:
        """The pod as it is."""
        metadata = {"name": "p", "namespace": "n", "uid": self.uid, "resourceVersion": str(self.version)}
        return {"kind": "Pod", "metadata": {**metadata, "labels": dict(self.labels), "annotations": dict(self.annotations)}}

    def record(self) -> PodRecord:
        """Its record."""
        return observe(self.pod()).record

    def somebody_writes(self) -> None:
        """The kubelet, say."""
        self.version += 1
        self.labels["other"] = str(self.version)

    def perform(self, effect: Effect) -> Result:
        """What an effect gives."""
        self.now += 1.0
        if isinstance(effect, Rest):
            self.now += effect.seconds
            return Rested(self.now)
        for due, request in self.late:
            if due == len(self.requests):
                self.do(request)
        self.requests.append(effect)
        fault = self.faults.pop(0) if self.faults else "pass"
        if fault == "somebody writes":
            self.somebody_writes()
        return self.faulty(effect, fault)

    def faulty(self, request: Request, fault: str) -> Result:
        """What comes of a request under a fault."""
        if fault == "not sent":
            return NotSent("refused", self.now)
        if fault == "429":
            return self.said(429)
        if fault == "arrive late":
            # One or two requests later; none of them is the last.
            self.late.append((len(self.requests) + len(self.requests) % 2, request))
        if fault in ("lose request", "arrive late"):
            return Ambiguous("silence", self.now)
        if fault == "500 undone":
            return self.said(500)
        answer = self.do(request)
        if fault == "lose reply":
            return Ambiguous("silence", self.now)
        return self.said(500) if fault == "500 done" else answer

    def said(self, status: int, message: str = "no") -> Answer:
        """A Status."""
        return Answer(status, (), json.dumps({"kind": "Status", "message": message}).encode(), self.now)

    def do(self, request: Request) -> Answer:
        """What the server does."""
        if not self.there:
            return self.said(404)
        if request.method == "PATCH":
            asked = json.loads(request.body or b"")["metadata"]
            if asked["uid"] != self.uid:
                return self.said(422, "the uid in the precondition does not match")
            if asked["resourceVersion"] not in ("", str(self.version)):
                return self.said(409, "the object has been modified")
            self.version += 1
            self.written += 1
            for entries, change in ((self.labels, asked["labels"]), (self.annotations, asked["annotations"])):
                entries.update({name: value for name, value in change.items() if value is not None})
                for name in [name for name, value in change.items() if value is None]:
                    entries.pop(name, None)
        return Answer(200, (), json.dumps(self.pod()).encode(), self.now)


def ended(effects: Effects[Any], server: Server) -> Any:
    """What the effects come to."""
    try:
        effect = next(effects)
        while True:
            effect = effects.send(server.perform(effect))
    except StopIteration as done:
        return done.value


def swapped(server: Server, record: PodRecord | None = None, terms: Terms = TERMS) -> Swapped | Changed:
    """What a swap on it comes to."""
    found: Swapped | Changed = ended(
        swap(server.record() if record is None else record, LABELS, ANNOTATIONS, {}.get, terms, 0.0), server
    )
    return found


class TestSwap:
    @given(st.lists(st.sampled_from(FAULTS), max_size=8))
    def test_the_answer_is_true(self, faults: list[str]) -> None:
        """Whatever is lost, late or refused: Swapped is what was written, once; Changed is what was never written, nor will be."""
        server = Server(faults)
        found = swapped(server)
        for due, request in server.late:
            if due >= len(server.requests):
                server.do(request)

        assert server.written == (1 if isinstance(found, Swapped) else 0)
        assert found.record == server.record()

    def test_one_request(self) -> None:
        """Where nothing fails a swap is one request, and names the uid and the version."""
        server = Server([])
        found = swapped(server)

        assert isinstance(found, Swapped)
        assert (found.record.labels, found.record.annotations) == ({"task.podcompose.io/a": ""}, ANNOTATIONS)
        (request,) = server.requests
        metadata = {"uid": "u", "resourceVersion": "5", "labels": LABELS, "annotations": ANNOTATIONS}
        assert (request.method, json.loads(request.body or b"")) == ("PATCH", {"metadata": metadata})

    def test_an_old_record(self) -> None:
        """A pod that was changed meanwhile is left alone; it is told as it is now."""
        server = Server([])
        record = server.record()
        server.somebody_writes()

        assert (swapped(server, record), server.written) == (Changed(server.record()), 0)

    def test_a_record_without_a_version(self) -> None:
        """With nothing to compare nothing is written."""
        server = Server([])
        record = PodRecord(server.record().ref, None, Stage.ACCEPTED)

        assert (swapped(server, record), server.written) == (Changed(server.record()), 0)

    @pytest.mark.parametrize("faults", [[], ["lose request"], ["lose reply"]])
    def test_another_of_its_name(self, faults: list[str]) -> None:
        """A pod that is gone is gone, though another has its name."""
        server = Server(faults)
        record = server.record()
        server.uid = "another"

        assert (swapped(server, record), server.written) == (Changed(None), 0)

    def test_replaced_meanwhile(self) -> None:
        """A pod that is changed, and then gone with another in its place when it is looked at, is gone."""
        server = Server([])
        effects = swap(server.record(), LABELS, ANNOTATIONS, {}.get, TERMS, 0.0)
        server.somebody_writes()
        refused = server.perform(next(effects))
        server.uid = "another"
        with pytest.raises(StopIteration) as done:
            effects.send(server.perform(effects.send(refused)))

        assert done.value.value == Changed(None)

    def test_the_same_by_another(self) -> None:
        """What another wrote is not ours, though it is the same."""
        server = Server([])
        record = server.record()

        assert isinstance(swapped(server, record), Swapped)
        assert (swapped(server, record), server.written) == (Changed(server.record()), 1)

    def test_gone(self) -> None:
        """A pod that is not there any more."""
        server = Server([])
        record = server.record()
        server.there = False

        assert swapped(server, record) == Changed(None)

    @pytest.mark.parametrize(
        ("faults", "kind"), [(["not sent"], Unreachable), (["lose request"], Unsettled), (["lose reply", "429"], Unsettled)]
    )
    def test_the_deadline(self, faults: list[str], kind: type[LaunchError]) -> None:
        """When the time is over it is said whether it may have been written."""
        server = Server([*faults, *["not sent"] * 1000])
        with pytest.raises(kind):
            swapped(server, terms=Terms(lambda: 0.5, deadline_s=60.0))

    def test_closed(self) -> None:
        """A backend that is closed while nobody knows says so."""
        effects = swap(Server([]).record(), LABELS, ANNOTATIONS, {}.get, TERMS, 0.0)
        next(effects)
        effects.send(Ambiguous("silence", 1.0))
        with pytest.raises(Unsettled):
            effects.send(Closed(2.0))

    def test_forbidden(self) -> None:
        """Without the permission it is said which one."""
        server = Server([])
        effects = swap(server.record(), LABELS, ANNOTATIONS, {}.get, TERMS, 0.0)
        next(effects)
        with pytest.raises(Forbidden, match="the verb patch on pods"):
            effects.send(server.said(403, 'pods "p" is forbidden: User "u" cannot patch resource "pods" in API group ""'))


class TestHolders:
    def read(self, answers: list[Answer], since: str = "") -> tuple[list[str], list[Request]]:
        """The names that are found by these answers, and what was asked."""
        effects, asked = holders("team", "task.podcompose.io/a", {}.get, TERMS, 0.0, since), []
        try:
            effect = next(effects)
            while True:
                asked += [effect] if isinstance(effect, Request) else []
                effect = effects.send(Rested(0.0) if isinstance(effect, Rest) else answers.pop(0))
        except StopIteration as done:
            return [record.ref.name for record in done.value], asked

    def page(self, *names: str, token: str = "") -> Answer:
        """A page of pods."""
        items = [{"metadata": {"name": name, "namespace": "team", "uid": name, "resourceVersion": "1"}} for name in names]
        return Answer(200, (), json.dumps({"kind": "PodList", "metadata": {"continue": token}, "items": items}).encode(), 0.0)

    def test_pages(self) -> None:
        """Page after page is read, by the label's name alone and not from a cache."""
        found, asked = self.read([self.page("a", "b", token="t/1"), self.page("c")])

        assert found == ["a", "b", "c"]
        assert [request.query for request in asked] == [
            (("labelSelector", "task.podcompose.io/a"), ("limit", "500")),
            (("labelSelector", "task.podcompose.io/a"), ("limit", "500"), ("continue", "t/1")),
        ]
        assert asked[0].path == "/api/v1/namespaces/team/pods"

    def test_since_a_write(self) -> None:
        """With a resource version it is read from memory, not older than that; the next page is of the same moment."""
        _, asked = self.read([self.page("a", token="t"), self.page("b")], since="7")

        assert [dict(request.query).get("resourceVersion") for request in asked] == ["7", None]
        assert [dict(request.query).get("resourceVersionMatch") for request in asked] == ["NotOlderThan", None]

    def test_a_token_that_is_too_old(self) -> None:
        """Where the rest is forgotten it is read anew, and nothing is told twice."""
        gone = Answer(410, (), b'{"kind": "Status", "message": "expired"}', 0.0)

        assert self.read([self.page("a", token="t"), gone, self.page("a", "b")])[0] == ["a", "b"]

    def test_failures(self) -> None:
        """A server that fails is asked again."""
        failed = Answer(503, (), b"", 0.0)

        assert self.read([failed, self.page("a", token="t"), failed, self.page("b")])[0] == ["a", "b"]

    def test_what_cannot_be_read(self) -> None:
        """A pod that cannot be read is left out."""
        odd = json.dumps({"kind": "PodList", "items": [7, {}, {"metadata": []}]}).encode()

        assert self.read([Answer(200, (), odd, 0.0)])[0] == []
