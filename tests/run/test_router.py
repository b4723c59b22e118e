"""A router launches each pod where its route says, and each launch id once, wherever it is."""

from __future__ import annotations

import copy
import threading
from typing import Any

import pytest
from hypothesis import given, settings

from podcompose import PodComposeError, compose
from podcompose.aio import Bridged
from podcompose.backends.memory import ByHand, Fault, MemoryBackend, VirtualClock
from podcompose.run import (
    Adopted,
    Invalid,
    Launched,
    LaunchError,
    NotFound,
    OtherPod,
    Owner,
    PodRef,
    Refused,
    Router,
    Selection,
    Unreachable,
    Unsettled,
)
from podcompose.run.routing.route import by
from podcompose.testing.pods import pods
from tests.run.routers import Flaky, pod_of, two

NOWHERE = PodRef("default", "a", "00000000-0000-4000-8000-000000000000")
PATH = '.spec.containers[name="base"].image'
TWO_LABELS = {"metadata": {"labels": {"a": "near"}, "annotations": {"queue": "near"}}, "spec": {"containers": []}}


def placed(router: Router, pod: Any, launch_id: str = "task/1") -> str:
    """Where a pod goes."""
    ref = router.launch(pod, launch_id=launch_id).ref
    return next(name for name, one in router.backends.items() if one.manifest(ref) is not None)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("route", "pod", "name"),
    [
        ("queue", pod_of("near"), "near"),
        ("queue", pod_of("far"), "far"),
        ("queue", pod_of(), "far"),
        ("queue", TWO_LABELS, "near"),
        ("a", TWO_LABELS, "near"),
        ("none", TWO_LABELS, "far"),
        (".metadata.labels.queue", pod_of("near"), "near"),
        ('.metadata.labels["queue"]', pod_of("near"), "near"),
        (".spec.nodeName", {"spec": {"nodeName": "near", "containers": []}}, "near"),
        (".spec.nodeName.nothing", {"spec": {"nodeName": "near", "containers": []}}, "far"),
        (by(PATH, {"busybox": "near"}), pod_of(), "near"),
        (by(".spec.containers[0].image", {"busybox": "near"}), pod_of(), "near"),
        (by(".spec.containers[7].image", {"busybox": "near"}), pod_of(), "far"),
        (by('.metadata.finalizers[="near"]'), {"metadata": {"finalizers": ["near"]}, "spec": {"containers": []}}, "near"),
        (by("queue", {"gpu": "near"}), pod_of("gpu"), "near"),
        (by("queue", {"gpu": "near"}), pod_of("near"), "far"),
        (by("queue", {"gpu": "near"}), pod_of(), "far"),
        (lambda pod: "near", pod_of("far"), "near"),
        (lambda pod: None, pod_of("near"), "far"),
        (lambda pod, launch_id: "near" if launch_id == "task/1" else None, pod_of(), "near"),
        (lambda pod, launch_id=None: "near" if launch_id == "task/1" else None, pod_of(), "near"),
        (lambda *given: "near" if given[1] == "task/1" else None, pod_of(), "near"),
        (lambda pod, *, anything="near": anything, pod_of(), "near"),
        ({"x": "near"}.get, pod_of(), TypeError),
    ],
)
def test_a_pod_goes_where_the_route_says(route: Any, pod: Any, name: Any) -> None:
    """By a label, an annotation, a field, a table or a function; what has no answer goes to the default."""
    router, _, _ = two(route, default="far")
    if name is TypeError:  # a dict is unhashable: what it raises refuses the launch
        with pytest.raises(Refused, match="TypeError"):
            router.launch(pod, launch_id="task/1")
        return

    assert placed(router, pod) == name


def test_a_route_gets_wire_json_whatever_is_launched() -> None:
    """A route sees the same of a mapping, a composition and a V1Pod."""
    from kubernetes.client import V1Container, V1ObjectMeta, V1Pod, V1PodSpec

    seen: list[Any] = []
    router, _, _ = two(lambda pod: seen.append(pod) or "near")
    metadata = V1ObjectMeta(labels={"queue": "x"})
    typed = V1Pod(metadata=metadata, spec=V1PodSpec(restart_policy="Never", containers=[V1Container(name="base", image="busybox")]))
    for number, pod in enumerate((pod_of("x"), compose(pod_of("x")), typed)):
        router.launch(pod, launch_id=f"task/{number}")

    assert seen == [pod_of("x")] * 3


def test_a_route_cannot_change_the_pod() -> None:
    """What a route does to its argument is for nobody."""
    router, far, _ = two(lambda pod: pod["spec"].clear() or "far")
    pod = pod_of("x")
    before = copy.deepcopy(pod)
    ref = router.launch(pod, launch_id="task/1").ref

    assert pod == before
    assert far.manifest(ref)["spec"]["containers"][0]["image"] == "busybox"  # type: ignore[index]


async def _coroutine(pod: Any) -> str:
    return "near"


def _careless(pod: Any) -> str:
    return str(pod["metadata"]["labels"]["queue"])


@pytest.mark.parametrize(
    ("route", "code", "says"),
    [
        ("queue", "no-such-backend", "the route gave nothing for this pod, and the backends are far, near; give the router"),
        (lambda pod: "naer", "no-such-backend", "the route gave 'naer', and the backends are far, near; did you mean 'near'?"),
        (lambda pod: "celery", "no-such-backend", "gave 'celery', and the backends are far, near; name one of them"),
        (lambda pod: "", "no-such-backend", "the route gave ''"),
        (lambda pod: 3, "no-such-backend", "the route gave an int"),
        (lambda pod: ["near"], "no-such-backend", "the route gave a list"),
        (_coroutine, "no-such-backend", "the route gave a coroutine"),
        (_careless, "route-raised", "the route raised KeyError: 'queue' ("),
        (_careless, "route-raised", "test_router.py:"),
    ],
)
def test_a_route_without_an_answer_refuses_the_launch(route: Any, code: str, says: str) -> None:
    """A route that names no backend, or raises, is a refusal that says so; nothing is launched."""
    router, far, near = two(route)
    with pytest.raises(Refused) as caught:
        router.launch(pod_of(), launch_id="task/1")

    assert [problem.code for problem in caught.value.problems] == [code]
    assert says in str(caught.value)
    assert (caught.value.launch_id, caught.value.namespace, far.pods, near.pods) == ("task/1", "default", (), ())


@pytest.mark.parametrize(
    ("make", "kind", "says"),
    [
        (lambda: Router({}, "queue"), ValueError, "at least one"),
        (lambda: Router([MemoryBackend()], "queue"), TypeError, "a mapping"),  # type: ignore[arg-type]
        (lambda: Router({"": MemoryBackend()}, "queue"), TypeError, "not empty"),
        (lambda: Router({"a": object()}, "queue"), TypeError, "'a' is an object, which is no backend"),  # type: ignore[dict-item]
        (lambda: Router({"a": MemoryBackend()}, 3), TypeError, "not an int"),  # type: ignore[arg-type]
        (lambda: Router({"a": MemoryBackend()}, "queue", default="b"), ValueError, "the default is 'b', and the backends are a"),
        (lambda: Router({"a": MemoryBackend()}, "queue", ask="none"), ValueError, "not 'none'"),  # type: ignore[arg-type]
        (lambda: Router({"a": MemoryBackend()}, ".metadata..a"), PodComposeError, "expected"),
        (lambda: Router({"a": MemoryBackend()}, ""), TypeError, "not ''"),
        (lambda: Router({"a": MemoryBackend()}, by(3)), TypeError, "not 3"),  # type: ignore[arg-type]
        (lambda: Router({"a": MemoryBackend()}, by("a", [("a", "a")])), TypeError, "not a list"),  # type: ignore[arg-type]
        (lambda: Router({"\ud800": MemoryBackend()}, "queue"), ValueError, "cannot be printed"),
        (lambda: Router({"a": MemoryBackend}, "queue"), TypeError, "'a' is a type"),  # type: ignore[dict-item]
        (lambda: Router({"a": Bridged(MemoryBackend())}, "queue"), TypeError, "async def"),  # type: ignore[dict-item]
    ],
)
def test_a_router_that_is_none_is_refused(make: Any, kind: type[Exception], says: str) -> None:
    """What can be seen to be wrong is said when the router is made."""
    with pytest.raises(kind, match=says):
        make()


def test_one_backend_has_one_name() -> None:
    """A backend under two names would be told twice; the route can say one name for both."""
    backend = MemoryBackend()
    with pytest.raises(ValueError, match="two names"):
        Router({"a": backend, "b": backend}, "queue")


def test_namespaces_that_differ_have_to_be_settled() -> None:
    """Backends of different namespaces need one for the router, and pods that name none go there, in whichever backend."""
    backends = {"far": MemoryBackend(ByHand(), namespace="team"), "near": MemoryBackend(ByHand(), seed=1)}
    with pytest.raises(ValueError, match=r"far: team, near: default"):
        Router(backends, "queue")
    router = Router(backends, "queue", namespace="team")
    refs = [router.launch(pod_of(name), launch_id=name).ref for name in ("far", "near")]
    there = router.launch({**pod_of(), "metadata": {"namespace": "own", "labels": {"queue": "near"}}}, launch_id="own").ref

    assert ([ref.namespace for ref in refs], there.namespace) == (["team", "team"], "own")
    assert isinstance(router.settle("near"), Launched)


def test_it_launches_what_its_backend_would() -> None:
    """A pod that was launched by the backend itself is the router's too, and the other way round."""
    router, far, _ = two()
    first = far.launch(pod_of("far"), launch_id="task/1").ref
    again = router.launch(pod_of("far"), launch_id="task/1")
    second = router.launch(pod_of("far"), launch_id="task/2").ref
    found = far.launch(pod_of("far"), launch_id="task/2")

    assert (again.ref, again.created, found.ref, found.created) == (first, False, second, False)


@given(pods())
@settings(max_examples=100, deadline=None)
def test_any_pod_is_launched_as_it_is(pod: Any) -> None:
    """What a router sends has the digest, and all else, of what its backend would have sent."""
    alone, router = MemoryBackend(ByHand()), Router({"far": MemoryBackend(ByHand())}, lambda pod: "far")
    answers = []
    for backend in (alone, router):
        try:
            backend.launch(copy.deepcopy(pod), launch_id="task/1")
            answers.append(str((alone if backend is alone else router.backends["far"]).pods))  # type: ignore[attr-defined]
        except LaunchError as error:
            answers.append(str(error))

    assert answers[0] == answers[1]


def test_a_malformed_pod_is_invalid() -> None:
    """What is no pod is Invalid, as with every backend, and the route is not asked."""
    router, _, _ = two(lambda pod: 1 / 0)
    with pytest.raises(Invalid, match="containers"):
        router.launch({"spec": {"containers": "base"}}, launch_id="task/1")


@pytest.mark.parametrize("restarted", [False, True], ids=["same router", "another router"])
@pytest.mark.parametrize("ended", [False, True], ids=["running", "ended"])
def test_a_route_that_changed_finds_the_pod_where_it_is(restarted: bool, ended: bool) -> None:
    """A launch id that was launched in one backend is not launched in another, be the route another by now."""
    answers = ["far"]
    router, far, near = two(lambda pod: answers[0])
    ref = router.launch(pod_of(), launch_id="task/1").ref
    far.runs(ref)
    if ended:
        far.ends(ref)
    answers[0] = "near"
    if restarted:
        router = Router({"far": far, "near": near}, lambda pod: "near")
    again = router.launch(pod_of(), launch_id="task/1")

    assert (again.ref, again.created, again.warnings, near.pods) == (ref, False, (), ())


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_pod_of_another_queue_is_another_pod(dry_run: bool) -> None:
    """The same launch id with another queue's pod is refused, though it would go to another backend; and says what differs."""
    router, _far, near = two()
    router.launch(pod_of("far"), launch_id="task/1")
    with pytest.raises(OtherPod, match="queue"):
        router.launch(pod_of("near"), launch_id="task/1", dry_run=dry_run)

    assert near.pods == ()


@pytest.mark.parametrize("seen", [False, True])
def test_a_launch_whose_pod_was_removed_goes_by_the_route(seen: bool) -> None:
    """Once the pod of a launch id is gone, it is launched where the route says now, whether its end was seen or not."""
    router, far, _near = two()
    subscription = router.subscribe(Selection())
    ref = router.launch(pod_of("far"), launch_id="task/1").ref
    subscription.poll(0)
    far.remove(ref)
    if seen:
        subscription.poll(0)

    assert placed(router, pod_of("near")) == "near"


def test_what_is_known_is_not_asked_for() -> None:
    """The others are asked about a launch id that is new, and not about one that is known to be where it goes."""
    router, far, near = two()
    for _ in range(3):
        router.launch(pod_of("far"), launch_id="task/1")

    assert (near.asked["settle"], far.asked["settle"]) == (1, 0)


def test_a_route_that_is_trusted_asks_nobody() -> None:
    """With ask="routed" a launch is one request, to its backend."""
    router, far, near = two(ask="routed")
    router.launch(pod_of("far"), launch_id="task/1")

    assert (far.asked, near.asked) == ({"launch": 1}, {})


@pytest.mark.parametrize("watched", [False, True])
def test_a_trusted_route_is_corrected_by_what_was_seen(watched: bool) -> None:
    """With ask="routed" too, a launch id that this router launched, or saw anywhere, is not launched elsewhere."""
    router, far, near = two(ask="routed")
    (far if watched else router).launch(pod_of("far"), launch_id="task/1")
    router.subscribe(Selection()).poll(0)
    with pytest.raises(OtherPod):
        router.launch(pod_of("near"), launch_id="task/1")

    assert near.pods == ()


def test_a_backend_that_is_down_leaves_the_others_to_launch() -> None:
    """A launch that goes elsewhere is made, and warns that one could not be asked whether it had this launch id."""
    router, far, _near = two()
    far.down = True
    launched = router.launch(pod_of("near"), launch_id="task/1")

    assert launched.created
    assert [warning.split(":")[0] for warning in launched.warnings] == ["backend 'far' could not be asked"]
    with pytest.raises(ConnectionError):
        router.launch(pod_of("far"), launch_id="task/2")


def test_a_backend_that_is_down_is_not_asked_by_every_launch() -> None:
    """One that could not be asked rests, by the clock; meanwhile it is only warned of, and then asked again."""
    router, far, _near = two()
    far.down = True
    for number in range(50):
        assert len(router.launch(pod_of("near"), launch_id=f"task/{number}").warnings) == 1
    asked = far.asked["settle"]
    far.clock.advance(31)
    far.down = False
    warnings = router.launch(pod_of("near"), launch_id="last").warnings

    assert (asked, far.asked["settle"], warnings) == (1, 2, ())


def test_where_it_was_launched_once_must_be_asked() -> None:
    """A launch id that was seen in a backend which cannot be asked now is launched nowhere else."""
    router, far, near = two()
    router.launch(pod_of("far"), launch_id="task/1")
    far.down = True
    with pytest.raises(Unsettled, match="backend 'far' could not be asked"):
        router.launch(pod_of("near"), launch_id="task/1")

    assert near.pods == ()


@pytest.mark.parametrize("made", [False, True])
def test_an_unsettled_launch_is_looked_for_where_it_may_be(made: bool) -> None:
    """A launch whose answer was lost may be where it was sent; another route's backend launches it only if it is not."""
    clock = VirtualClock()
    far = MemoryBackend(ByHand(), clock=clock, launch_errors={"task/1": [Fault(Unsettled, made=made)]})
    near = Flaky(clock, 1)
    router = Router({"far": far, "near": near}, "queue", ask="routed")
    with pytest.raises(Unsettled):
        router.launch(pod_of("far"), launch_id="task/1")
    try:
        router.launch(pod_of("near"), launch_id="task/1")
    except OtherPod:
        assert made

    assert (len(far.pods), len(near.pods)) == ((1, 0) if made else (0, 1))


def test_a_launch_that_was_refused_binds_nothing() -> None:
    """A backend that made no pod for sure is not asked again when the route goes elsewhere."""
    clock = VirtualClock()
    far = Flaky(clock, launch_errors={"task/1": [Fault(Unreachable)]})
    router = Router({"far": far, "near": Flaky(clock, 1)}, "queue", ask="routed")
    with pytest.raises(Unreachable):
        router.launch(pod_of("far"), launch_id="task/1")
    router.launch(pod_of("near"), launch_id="task/1")

    assert far.asked["settle"] == 0


def test_launches_at_once_make_one_pod_whatever_the_route_says() -> None:
    """Of launches of one id at the same time, each with another answer of the route, one makes the pod."""
    answers = iter(["far", "near"] * 8)
    router, far, near = two(lambda pod: next(answers))
    begin = threading.Barrier(16)
    launched: list[Launched] = []

    def launch() -> None:
        begin.wait()
        launched.append(router.launch(pod_of(), launch_id="task/1"))

    threads = [threading.Thread(target=launch) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(launched), sum(one.created for one in launched), len(far.pods) + len(near.pods)) == (16, 1, 1)


def test_a_launch_waits_for_another_of_its_id() -> None:
    """While one launch is under way, another of the same id, which would go elsewhere, does not ask yet where it is."""
    router, far, near = two(lambda pod, launch_id: answers.pop())
    answers = ["near", "far"]
    begun, go_on, launch = threading.Event(), threading.Event(), far.launch

    def slow(*arguments: Any, **named: Any) -> Any:
        begun.set()
        go_on.wait(20)
        return launch(*arguments, **named)

    far.launch = slow  # type: ignore[method-assign]
    threads = [threading.Thread(target=lambda: router.launch(pod_of(), launch_id="task/1")) for _ in range(2)]
    threads[0].start()
    begun.wait(20)
    threads[1].start()
    while near.pods == () and [users for _, users in router._turns._locks.values()] != [2]:
        pass
    go_on.set()
    for thread in threads:
        thread.join(20)

    assert (len(far.pods), len(near.pods)) == (1, 0)


def test_who_did_not_answer_is_asked_last() -> None:
    """A launch is settled by one that has it, before one that could not be asked a moment ago is asked again."""
    router, far, near = two()
    far.down = True
    for launch_id in ("a", "b", "c"):
        near.launch(pod_of("near"), launch_id=launch_id)
        router.settle(launch_id)

    assert far.asked["settle"] == 1


def test_what_was_seen_to_go_is_not_asked_for() -> None:
    """A launch id whose pod was seen to go is launched by its route, and where it was is not asked."""
    router, far, _near = two(ask="routed")
    subscription = router.subscribe(Selection())
    ref = router.launch(pod_of("far"), launch_id="task/1").ref
    far.remove(ref)
    subscription.poll(0)
    router.launch(pod_of("near"), launch_id="task/1")

    assert far.asked["settle"] == 0


def test_a_dry_run_binds_nothing() -> None:
    """A dry run makes nothing, and leaves the next launch free to go where its route says."""
    router, far, _near = two()
    router.launch(pod_of("far"), launch_id="task/1", dry_run=True)

    assert (placed(router, pod_of("near")), far.pods) == ("near", ())


def test_a_launch_id_of_two_namespaces_is_two_launches() -> None:
    """Pods of one launch id in two namespaces are two pods, as in one backend."""
    router, _far, _near = two()
    other = {**pod_of(), "metadata": {"namespace": "other", "labels": {"queue": "near"}}}
    refs = {router.launch(pod_of("far"), launch_id="a").ref.namespace, router.launch(other, launch_id="a").ref.namespace}

    assert refs == {"default", "other"}


def test_settle_finds_a_launch_wherever_it_is() -> None:
    """Any backend may have it; one that is down is of no matter once another has it."""
    router, far, near = two()
    ref = near.launch(pod_of("near"), launch_id="task/1").ref
    far.down = True

    assert router.settle("task/1") == Launched(ref, False)


def test_a_launch_that_is_nowhere_is_not_found() -> None:
    """All were asked, and none has it."""
    router, _far, _near = two()
    settled = router.settle("task/1")

    assert isinstance(settled, NotFound)
    assert settled.namespace == "default"


def test_not_found_is_no_answer_while_one_is_down() -> None:
    """What was not found may be where nobody could ask: Unsettled, which names it."""
    router, far, _near = two()
    far.down = True
    with pytest.raises(Unsettled, match="backend 'far' could not be asked: ConnectionError: nobody is there") as caught:
        router.settle("task/1")

    assert [problem.code for problem in caught.value.problems] == ["backend-silent"]
    assert caught.value.launch_id == "task/1"


@pytest.mark.parametrize("known", [False, True])
def test_stop_finds_the_pod(known: bool) -> None:
    """A pod is stopped where it is; a router that knows where asks nobody else."""
    router, far, near = two()
    ref = (router if known else near).launch(pod_of("near"), launch_id="task/1").ref
    near.runs(ref)
    router.stop(ref)

    assert "deletionTimestamp" in near.manifest(ref)["metadata"]  # type: ignore[index]
    assert far.asked["stop"] == (0 if known else 1)


def test_stop_of_a_pod_that_is_nowhere_is_done() -> None:
    """Absent is done."""
    router, _far, _near = two()

    router.stop(NOWHERE)


def test_stop_is_not_done_while_one_cannot_be_asked() -> None:
    """A pod nobody has seen may be in the backend that is down; one that was seen elsewhere is not."""
    router, far, _near = two()
    ref = router.launch(pod_of("near"), launch_id="task/1").ref
    far.down = True
    router.stop(ref)
    with pytest.raises(Unsettled, match="far"):
        router.stop(NOWHERE)


@pytest.mark.parametrize("known", [False, True])
def test_adopt_finds_the_pod(known: bool) -> None:
    """A pod is adopted where it is; a router that knows where asks nobody else."""
    router, far, near = two()
    ref = (router if known else near).launch(pod_of("near"), launch_id="task/1").ref

    assert router.adopt(ref, Owner("one", 1)) == Adopted(ref, Owner("one", 1))
    assert far.asked["adopt"] == (0 if known else 1)


def test_adopt_of_a_pod_that_is_nowhere_is_not_found_or_not_known() -> None:
    """NotFound is an answer of all; with one down there is none."""
    router, far, _near = two()
    found = router.adopt(NOWHERE, Owner("one", 1))
    far.down = True
    with pytest.raises(LaunchError, match="far"):
        router.adopt(NOWHERE, Owner("one", 1))

    assert isinstance(found, NotFound)


def test_what_backends_have_in_common_is_the_routers() -> None:
    """A clock they share, and the smallest number of launches one of them bears; else there is none."""
    router, far, near = two()
    other = Router({"far": MemoryBackend(), "near": MemoryBackend(seed=1)}, "queue")
    far.concurrency, near.concurrency = 4, 2  # type: ignore[attr-defined]
    bounded = Router({"far": far, "near": near}, "queue")

    assert (router.clock, bounded.concurrency) == (far.clock, 2)
    assert not hasattr(other, "clock")
    assert not hasattr(router, "concurrency")


def test_closing_closes_all_whatever_one_of_them_raises() -> None:
    """An error of one leaves none of the others open, and is not lost; errors of several are chained."""
    router, far, near = two()
    closed: list[str] = []

    def fail(name: str) -> None:
        closed.append(name)
        raise OSError(name)

    far.close = lambda: fail("far")  # type: ignore[method-assign]
    near.close = lambda: fail("near")  # type: ignore[method-assign]
    subscription = router.subscribe(Selection())
    with pytest.raises(OSError, match="near") as caught, router:
        pass

    assert (closed, str(caught.value.__context__), subscription.status().state) == (["far", "near"], "far", "Closed")
    assert router.subscribe(Selection()).status().state == "Closed"
