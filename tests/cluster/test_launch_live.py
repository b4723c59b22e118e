"""Launching on a real API server: the rows L1 to L12 and O3 of the fault matrix, as far as a real server can make them happen."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import pytest

from podcompose import Override, Template, compose
from podcompose.backends import KubernetesBackend
from podcompose.run import (
    AdmissionDenied,
    AdmissionUnavailable,
    Forbidden,
    Invalid,
    Launched,
    LaunchError,
    NamespaceTerminating,
    NameTaken,
    NotFound,
    OtherPod,
    PodRef,
    QuotaExceeded,
    Throttled,
    Unauthenticated,
    Unsettled,
    launch_many,
    pod_name,
)
from tests.cluster.api import Api
from tests.cluster.child import wait_for
from tests.cluster.fates import FATES, pod
from tests.cluster.plane import ControlPlane
from tests.cluster.proxy import Do, Proxy, Request, lose_replies
from tests.cluster.webhook import Webhook, allow, deny, register

T = TypeVar("T")

#: A pod that nobody plays: no scheduler binds it.
POD: dict[str, Any] = {"spec": {"containers": [{"name": "base", "image": "busybox"}]}}
VERBS = ("create", "get", "list", "watch", "patch", "delete")


@pytest.fixture
def backend(plane: ControlPlane, namespace: str) -> Iterator[KubernetesBackend]:
    """A backend with all it needs, in the test's namespace."""
    plane.grant("launcher", namespace, VERBS)
    with connected(plane.kubeconfig("launcher", namespace=namespace)) as backend:
        yield backend


def connected(kubeconfig: Path, deadline: float = 60.0) -> KubernetesBackend:
    """A backend by this file."""
    return KubernetesBackend.from_kubeconfig(kubeconfig, deadline=deadline)


def names(api: Api, namespace: str) -> list[str]:
    """The pods that are there."""
    return sorted(item["metadata"]["name"] for item in api.pods(namespace))


def beside(job: Callable[[], T]) -> Future[T]:
    """Do it in a thread of its own."""
    with_one = ThreadPoolExecutor(1)
    future = with_one.submit(job)
    with_one.shutdown(wait=False)
    return future


class TestOnce:
    """L2: a launch id has one pod."""

    def test_launched_again_it_is_the_same_pod(self, plane: ControlPlane, namespace: str, backend: KubernetesBackend) -> None:
        """L2: the first launch makes the pod, the second finds it, `settle` too."""
        first = backend.launch(POD, launch_id="dag/1")
        second = backend.launch(POD, launch_id="dag/1")

        assert (first.created, second.created) == (True, False)
        assert first.ref == second.ref == PodRef(namespace, pod_name("dag/1"), first.ref.uid)
        assert backend.settle("dag/1") == Launched(first.ref, False)
        assert names(plane.admin, namespace) == [pod_name("dag/1")]

    def test_another_pod_under_the_same_id_is_refused(self, backend: KubernetesBackend) -> None:
        """L2: the same id with another pod says what differs."""
        backend.launch(POD, launch_id="dag/1")
        other = {"spec": {"containers": [{"name": "base", "image": "busybox:2"}]}}
        with pytest.raises(OtherPod, match=r'\.spec\.containers\[name="base"\]\.image'):
            backend.launch(other, launch_id="dag/1")

    def test_a_name_that_is_taken_is_left_alone(self, plane: ControlPlane, namespace: str, backend: KubernetesBackend) -> None:
        """L2: somebody else's pod of this name is not touched."""
        theirs = plane.admin.must("POST", f"/api/v1/namespaces/{namespace}/pods", pod(pod_name("dag/1"), FATES["runs"]))
        with pytest.raises(NameTaken):
            backend.launch(POD, launch_id="dag/1")

        assert [item["metadata"]["uid"] for item in plane.admin.pods(namespace)] == [theirs["metadata"]["uid"]]
        assert backend.settle("dag/1") == NotFound(pod_name("dag/1"), namespace)

    def test_the_server_stores_what_was_composed(self, plane: ControlPlane, namespace: str, backend: KubernetesBackend) -> None:
        """L11: what was composed is there, null and empty values included where they mean something."""
        container = {"name": "base", "image": "busybox", "args": [], "env": [{"name": "A", "value": ""}]}
        manifest = {"metadata": {"annotations": {"x": ""}}, "spec": {"containers": [container], "hostNetwork": False}}
        backend.launch(manifest, launch_id="dag/1")

        stored = plane.admin.pods(namespace)[0]
        assert stored["metadata"]["annotations"]["x"] == ""
        assert stored["spec"]["containers"][0]["env"] == [{"name": "A"}]

    def test_a_stop_is_of_one_uid(self, plane: ControlPlane, namespace: str, backend: KubernetesBackend) -> None:
        """O3: a stop that comes late leaves the next pod of the name alone."""
        old = backend.launch(POD, launch_id="dag/1").ref
        backend.stop(old)
        wait_for(lambda: names(plane.admin, namespace) == [], "the pod is gone")
        new = backend.launch(POD, launch_id="dag/1").ref
        backend.stop(old)

        assert [item["metadata"]["uid"] for item in plane.admin.pods(namespace)] == [new.uid]
        assert "deletionTimestamp" not in plane.admin.pods(namespace)[0]["metadata"]


class TestRefused:
    """Permanent refusals, each with its own name, and no pod."""

    @pytest.fixture(autouse=True)
    def nothing_was_made(self, plane: ControlPlane, namespace: str) -> Iterator[None]:
        """After each of these there is no pod."""
        yield
        assert names(plane.admin, namespace) == []

    def test_an_invalid_pod_says_who_set_what(self, backend: KubernetesBackend, tmp_path: Path) -> None:
        """L6: every cause of a 422 names its path, and the override's file and line."""
        (tmp_path / "o.yaml").write_text(
            'spec:\n  containers:\n  - name: base\n    image: " busybox"\n  - name: UPPER\n    image: b\n'
        )
        template = Template.from_yaml("kind: Pod\napiVersion: v1\nspec:\n  containers:\n  - name: base\n    image: a\n")
        composition = compose(template, Override.from_file(tmp_path / "o.yaml", name="team-a"))
        with pytest.raises(Invalid) as caught:
            backend.launch(composition, launch_id="dag/1")

        said = str(caught.value)
        assert '.spec.containers[name="base"].image' in said
        assert '.spec.containers[name="UPPER"].name' in said
        assert "team-a" in said
        assert "o.yaml:4" in said
        assert "o.yaml:5" in said

    def test_permissions_are_named(self, plane: ControlPlane, namespace: str) -> None:
        """L5: without the right to create, the error names the verb and the resource."""
        with (
            connected(plane.kubeconfig("stranger", namespace=namespace)) as backend,
            pytest.raises(Forbidden, match="create on pods"),
        ):
            backend.launch(POD, launch_id="dag/1")

    def test_unknown_credentials_are_not_accepted(self, plane: ControlPlane, namespace: str) -> None:
        """L10: a token that the server does not know."""
        with connected(plane.kubeconfig("nobody", namespace=namespace)) as backend, pytest.raises(Unauthenticated):
            backend.launch(POD, launch_id="dag/1")

    def test_a_namespace_on_its_way_out(self, plane: ControlPlane, namespace: str, backend: KubernetesBackend) -> None:
        """L5: a namespace that is being deleted takes no pods. No controller runs here, so that it stays."""
        going = plane.namespace()
        plane.grant("launcher", going, VERBS)
        plane.admin.must("DELETE", f"/api/v1/namespaces/{going}")
        with pytest.raises(NamespaceTerminating):
            backend.launch({"metadata": {"namespace": going}, **POD}, launch_id="dag/1")

        assert names(plane.admin, going) == []

    def test_a_policy_says_no(self, plane: ControlPlane, namespace: str, backend: KubernetesBackend) -> None:
        """L7: a ValidatingAdmissionPolicy denies the pod; the error names the policy and its words."""
        policy(plane, namespace)
        wait_for(lambda: tried(plane, namespace) >= 400, "the policy is in force")
        with pytest.raises(AdmissionDenied, match=rf"(?s){namespace}.*no busybox here"):
            backend.launch(POD, launch_id="dag/1")

    def test_a_webhook_says_no(self, plane: ControlPlane, namespace: str, backend: KubernetesBackend) -> None:
        """L7: a webhook denies the pod; the error names the webhook and its words."""
        with Webhook(deny) as webhook:
            register(plane, namespace, webhook.port)
            wait_for(lambda: tried(plane, namespace) == 403, "the webhook is asked")
            with pytest.raises(AdmissionDenied, match=r"(?s)teams\.example\.org.*need a label team"):
                backend.launch(POD, launch_id="dag/1")

    def test_unknown_fields_are_refused_if_asked(self, plane: ControlPlane, namespace: str, backend: KubernetesBackend) -> None:
        """L11: under strict validation a field that the server does not know is an error with its path."""
        kubeconfig = plane.kubeconfig("launcher", namespace=namespace)
        odd = {"spec": {"containers": [{"name": "base", "image": "busybox", "resourcs": {}}]}}
        with (
            KubernetesBackend.from_kubeconfig(kubeconfig, field_validation="Strict") as strict,
            pytest.raises(Invalid, match="resourcs"),
        ):
            strict.launch(odd, launch_id="dag/1")

    def test_a_dry_run_makes_nothing(self, backend: KubernetesBackend) -> None:
        """The server judges the pod, and makes none."""
        launched = backend.launch(POD, launch_id="dag/1", dry_run=True)
        with pytest.raises(Invalid):
            backend.launch({"spec": {"containers": []}}, launch_id="dag/2", dry_run=True)

        assert launched.created is False


def test_unknown_fields_are_warnings(backend: KubernetesBackend) -> None:
    """L11: the server's Warning headers come along."""
    odd = {"spec": {"containers": [{"name": "base", "image": "busybox", "resourcs": {}}]}}

    assert any("resourcs" in text for text in backend.launch(odd, launch_id="dag/1").warnings)


def tried(plane: ControlPlane, namespace: str) -> int:
    """The status of a dry run by the admin."""
    manifest = {"metadata": {"name": "tried"}, **POD}
    return plane.admin.call("POST", f"/api/v1/namespaces/{namespace}/pods", manifest, dryRun="All").status


def policy(plane: ControlPlane, namespace: str) -> None:
    """A policy against busybox in one namespace."""
    path = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic"
    here = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}
    rules = [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]
    said = {"expression": "object.spec.containers.all(c, c.image != 'busybox')", "message": "no busybox here"}
    spec = {"failurePolicy": "Fail", "matchConstraints": {"resourceRules": rules}, "validations": [said]}
    plane.admin.must("POST", f"{path}ies", {"metadata": {"name": namespace}, "spec": spec})
    binding = {"policyName": namespace, "validationActions": ["Deny"], "matchResources": here}
    plane.admin.must("POST", f"{path}ybindings", {"metadata": {"name": namespace}, "spec": binding})


class TestLater:
    """What passes by itself is waited for, until the deadline."""

    def quota(self, plane: ControlPlane, namespace: str, pods: int) -> None:
        """Room for so many pods. No controller counts here, so the status is ours."""
        path = f"/api/v1/namespaces/{namespace}/resourcequotas"
        if plane.admin.call("GET", f"{path}/q").status == 404:
            plane.admin.must("POST", path, {"metadata": {"name": "q"}, "spec": {"hard": {"pods": str(pods)}}})
        there = plane.admin.must("GET", f"{path}/q")
        hard = {"pods": str(pods)}
        spec = plane.admin.must("PUT", f"{path}/q", {**there, "spec": {"hard": hard}})
        used = there.get("status", {}).get("used", {"pods": "0"})
        plane.admin.must("PUT", f"{path}/q/status", {**spec, "status": {"hard": hard, "used": used}})

    def test_a_quota_without_room(self, plane: ControlPlane, namespace: str, backend: KubernetesBackend) -> None:
        """L5: no room until the deadline is QuotaExceeded; no pod was made."""
        self.quota(plane, namespace, 0)
        wait_for(lambda: tried(plane, namespace) == 403, "the quota is in force")
        with pytest.raises(QuotaExceeded):
            backend.launch(POD, launch_id="dag/1", deadline=0.5)

        assert names(plane.admin, namespace) == []

    def test_many_at_once_under_a_quota(self, plane: ControlPlane, namespace: str, backend: KubernetesBackend) -> None:
        """L3: concurrent launches under one quota, which the server counts with conflicts of its own, all succeed."""
        self.quota(plane, namespace, 40)
        results = dict(launch_many(backend, {f"dag/{number}": POD for number in range(40)}, max_in_flight=16))

        assert [result for result in results.values() if not isinstance(result, Launched)] == []
        assert names(plane.admin, namespace) == sorted(map(pod_name, results))

    def test_a_webhook_that_is_down(self, plane: ControlPlane, namespace: str, backend: KubernetesBackend) -> None:
        """L7: a webhook that cannot be called is waited for, and named."""
        with Webhook(allow) as webhook:
            port = webhook.port
        register(plane, namespace, port)
        wait_for(lambda: tried(plane, namespace) == 500, "the webhook is missed")
        with pytest.raises(AdmissionUnavailable, match=r"teams\.example\.org"):
            backend.launch(POD, launch_id="dag/1", deadline=0.5)

        assert names(plane.admin, namespace) == []

    def test_a_server_without_room(self, built: None) -> None:
        """L4: a server that takes one change at a time answers 429 with Retry-After; the launch waits its turn."""
        turn = threading.Event()
        busy = ["--max-mutating-requests-inflight=1", "--enable-priority-and-fairness=false"]
        with ControlPlane(busy) as plane, Webhook(lambda: allow() if turn.wait(60) else deny()) as webhook, Proxy(plane) as proxy:
            held, free = plane.namespace(), plane.namespace()
            for namespace in (held, free):
                plane.grant("launcher", namespace, VERBS)
            with connected(proxy.kubeconfig("launcher", namespace=free)) as backend:
                register(plane, held, webhook.port)
                with Webhook(deny):
                    slow = beside(lambda: backend.launch({"metadata": {"namespace": held}, **POD}, launch_id="slow"))
                    wait_for(lambda: proxy.requests["POST"] == 1, "the slow one is under way")
                    quick = beside(lambda: backend.launch(POD, launch_id="quick"))
                    wait_for(lambda: proxy.requests["POST"] >= 3, "the quick one was told to wait, and asked again")
                    turn.set()
                assert slow.result().created
                assert quick.result().attempts > 1
            assert names(plane.admin, free) == [pod_name("quick")]

    def test_fairness_that_leaves_nothing(self, built: None) -> None:
        """L4: a launch whose priority level has no free seat is throttled to its deadline."""
        turn = threading.Event()
        with ControlPlane() as plane, Webhook(lambda: allow() if turn.wait(60) else deny()) as webhook:
            held, free = plane.namespace(), plane.namespace()
            for namespace in (held, free):
                plane.grant("launcher", namespace, VERBS)
            register(plane, held, webhook.port)
            one_seat(plane, "launcher")
            with connected(plane.kubeconfig("launcher", namespace=free)) as backend:
                slow = beside(lambda: backend.launch({"metadata": {"namespace": held}, **POD}, launch_id="slow"))
                path = f"/api/v1/namespaces/{free}/pods"
                wait_for(lambda: plane.api("launcher").call("GET", path).status == 429, "the one seat is taken")
                with pytest.raises(Throttled):
                    backend.launch(POD, launch_id="quick", deadline=1.5)
                turn.set()

                assert slow.result().created
            assert names(plane.admin, free) == []


def one_seat(plane: ControlPlane, user: str) -> None:
    """A priority level of this user's own with the least there is: one seat, and no queue."""
    path = "/apis/flowcontrol.apiserver.k8s.io/v1"
    limited = {"nominalConcurrencyShares": 0, "lendablePercent": 0, "borrowingLimitPercent": 0, "limitResponse": {"type": "Reject"}}
    level = {"metadata": {"name": "none"}, "spec": {"type": "Limited", "limited": limited}}
    plane.admin.must("POST", f"{path}/prioritylevelconfigurations", level)
    rule = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "namespaces": ["*"], "clusterScope": True}
    rules = {"subjects": [{"kind": "User", "user": {"name": user}}], "resourceRules": [rule]}
    spec = {"priorityLevelConfiguration": {"name": "none"}, "matchingPrecedence": 2, "rules": [rules]}
    plane.admin.must("POST", f"{path}/flowschemas", {"metadata": {"name": "none"}, "spec": spec})


def first(do: Do, verb: str = "POST") -> Callable[[Request], Do]:
    """This happens to the first request of a verb, and to no other."""
    left = [do]
    return lambda request: left.pop() if request.verb == verb and left != [] else Do.PASS


class TestDoubt:
    """L1: the answer is lost; the pod is made once, and the launch knows."""

    @pytest.mark.parametrize("do", [Do.LOSE_REPLY, Do.CUT_REPLY, Do.LOSE_REQUEST], ids=lambda do: do.value)
    def test_one_answer_is_lost(self, plane: ControlPlane, namespace: str, do: Do) -> None:
        """L1: whatever is lost on the way, the launch comes back with its one pod."""
        with Proxy(plane, first(do)) as proxy, connected(proxy.kubeconfig(namespace=namespace)) as backend:
            launched = backend.launch(POD, launch_id="dag/1")

        there = plane.admin.pods(namespace)
        assert proxy.lost["POST"] == 1
        assert [item["metadata"]["uid"] for item in there] == [launched.ref.uid]
        assert launched.created

    def test_every_answer_is_lost(self, plane: ControlPlane, namespace: str) -> None:
        """L1: a launch that never hears anything is Unsettled at its deadline, never a failure; `settle` finds the pod."""
        with Proxy(plane, lambda _: Do.LOSE_REPLY) as proxy, connected(proxy.kubeconfig(namespace=namespace)) as backend:
            with pytest.raises(Unsettled) as caught:
                backend.launch(POD, launch_id="dag/1", deadline=1.0)
            proxy.fault = lambda _: Do.PASS
            settled = backend.settle("dag/1")

        assert caught.value.name == pod_name("dag/1")
        assert isinstance(settled, Launched)
        assert names(plane.admin, namespace) == [pod_name("dag/1")]

    def test_an_answer_never_comes(self, plane: ControlPlane, namespace: str) -> None:
        """L1: a connection that stays open without an answer ends with the deadline, unsettled."""
        with Proxy(plane, first(Do.SWALLOW_REPLY)) as proxy, connected(proxy.kubeconfig(namespace=namespace)) as backend:
            with pytest.raises(Unsettled):
                backend.launch(POD, launch_id="dag/1", deadline=1.0)

            assert backend.launch(POD, launch_id="dag/1").created is False

    def test_many_answers_are_lost(self, plane: ControlPlane, namespace: str) -> None:
        """L1: with every fifth answer to a POST lost, and every tenth to a GET, a hundred launches make a hundred pods."""
        dice = {"POST": lose_replies(0.2, 1, "POST"), "GET": lose_replies(0.1, 2, "GET")}
        pods = {f"dag/{number}": POD for number in range(100)}
        with Proxy(plane, lambda asked: dice[asked.verb](asked)) as proxy, connected(proxy.kubeconfig(namespace=namespace)) as back:
            results = dict(launch_many(back, pods, max_in_flight=8))

        assert proxy.lost["POST"] > 10
        assert [result for result in results.values() if not isinstance(result, Launched)] == []
        assert names(plane.admin, namespace) == sorted(map(pod_name, results))


class TestKilled:
    """The server dies, or hangs, while pods are launched."""

    @pytest.mark.parametrize("parts", [("apiserver",), ("etcd",), ("apiserver", "etcd")], ids="+".join)
    def test_killed_in_the_middle(self, built: None, parts: tuple[str, ...]) -> None:
        """L8, L9: kill -9 in the middle of many launches; each makes its one pod once the server is back."""
        with ControlPlane() as plane:
            namespace = plane.namespace()
            with connected(plane.kubeconfig(namespace=namespace), deadline=120) as backend:
                pods = {f"dag/{number}": POD for number in range(200)}
                launching = beside(lambda: dict(launch_many(backend, pods, max_in_flight=8)))
                wait_for(lambda: len(names(plane.admin, namespace)) > 20, "some are launched")
                plane.kill(*parts)
                plane.restart(*reversed(parts))
                results = launching.result()

            there = {item["metadata"]["uid"]: item["metadata"]["name"] for item in plane.admin.pods(namespace)}
            assert [result for result in results.values() if not isinstance(result, Launched)] == []
            assert {result.ref.uid for result in results.values() if isinstance(result, Launched)} == set(there)
            assert sorted(there.values()) == sorted(map(pod_name, pods))

    def test_given_up_in_the_middle(self, built: None) -> None:
        """L12: closing the backend ends a launch that hangs; what it made is found later."""
        with ControlPlane() as plane, Proxy(plane) as proxy:
            namespace = plane.namespace()
            backend = connected(proxy.kubeconfig(namespace=namespace))
            plane.pause("apiserver")
            launching = beside(lambda: backend.launch(POD, launch_id="dag/1"))
            wait_for(lambda: proxy.connected > 0, "the launch is under way")
            backend.close()
            error = launching.exception()
            plane.resume("apiserver")
            plane.wait_ready()

            assert isinstance(error, LaunchError)
            with connected(plane.kubeconfig(namespace=namespace)) as other:
                settled = other.settle("dag/1")
            assert isinstance(settled, Launched) == (names(plane.admin, namespace) != [])
