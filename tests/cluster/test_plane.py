"""The infrastructure itself: the control plane is real, and its faults happen."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from contextlib import AbstractContextManager

import pytest
import urllib3

from tests.cluster.api import Api
from tests.cluster.child import wait_for
from tests.cluster.fates import FATES, NODE, pod
from tests.cluster.plane import ControlPlane
from tests.cluster.proxy import Do, Proxy, lose_replies


def path(namespace: str, name: str = "") -> str:
    """Where pods are."""
    return f"/api/v1/namespaces/{namespace}/pods" + ("" if name == "" else f"/{name}")


def phase(plane: ControlPlane, namespace: str, name: str) -> str | None:
    """A pod's phase; None where it is no more."""
    answer = plane.admin.call("GET", path(namespace, name))
    return None if answer.status == 404 else answer.body["status"]["phase"]


class TestServer:
    """Answers of a real API server."""

    def test_a_pod_is_created_once(self, plane: ControlPlane, namespace: str) -> None:
        """The second POST of a name is a 409 that says AlreadyExists."""
        manifest = pod("one", FATES["runs"])
        answers = [plane.admin.call("POST", path(namespace), manifest) for _ in range(2)]

        assert [answer.status for answer in answers] == [201, 409]
        assert answers[1].body["reason"] == "AlreadyExists"

    def test_an_invalid_pod_has_causes(self, plane: ControlPlane, namespace: str) -> None:
        """A 422 names the field."""
        answer = plane.admin.call("POST", path(namespace), pod("Not_A_Name", FATES["runs"]))

        assert answer.status == 422
        assert answer.body["details"]["causes"][0]["field"] == "metadata.name"

    def test_users_may_do_what_was_granted(self, plane: ControlPlane, namespace: str) -> None:
        """A user may do nothing at first, and what was granted afterwards."""
        reader = plane.api("reader")
        before = reader.call("GET", path(namespace)).status
        plane.grant("reader", namespace, ["get", "list"])

        assert before == 403
        assert reader.call("GET", path(namespace)).status == 200
        assert reader.call("POST", path(namespace), pod("one", FATES["runs"])).status == 403


class TestKwok:
    """Pods live as their annotations say."""

    def test_a_pod_runs_and_succeeds(self, plane: ControlPlane, namespace: str) -> None:
        """Exit 0 ends in Succeeded, with moments and the generation filled in."""
        plane.admin.must("POST", path(namespace), pod("one", FATES["exit-0"]))
        wait_for(lambda: phase(plane, namespace, "one") == "Succeeded", "the pod has succeeded")

        status = plane.admin.must("GET", path(namespace, "one"))["status"]
        terminated = status["containerStatuses"][0]["state"]["terminated"]
        assert terminated["exitCode"] == 0
        assert terminated["finishedAt"] >= terminated["startedAt"] == status["startTime"]
        assert status["observedGeneration"] == 1

    def test_a_deleted_pod_ends_and_goes(self, plane: ControlPlane, namespace: str) -> None:
        """A running pod that is deleted is killed, and then is no more."""
        plane.admin.must("POST", path(namespace), pod("one", FATES["runs"]))
        wait_for(lambda: phase(plane, namespace, "one") == "Running", "the pod runs")
        plane.admin.must("DELETE", path(namespace, "one"))

        wait_for(lambda: phase(plane, namespace, "one") is None, "the pod is gone")

    def test_a_pod_without_a_fate_runs(self, plane: ControlPlane, namespace: str) -> None:
        """A pod of somebody who knows nothing of fates runs until it is deleted."""
        spec = {"nodeName": NODE, "containers": [{"name": "base", "image": "busybox"}]}
        plane.admin.must("POST", path(namespace), {"metadata": {"name": "one"}, "spec": spec})

        wait_for(lambda: phase(plane, namespace, "one") == "Running", "the pod runs")


class TestFaults:
    """The control plane breaks, and is mended."""

    def test_a_killed_server_forgets_nothing(self, built: None) -> None:
        """After kill -9 of both parts the pod is the same one."""
        with ControlPlane() as plane:
            name = plane.namespace()
            uid = plane.admin.must("POST", path(name), pod("one", FATES["runs"]))["metadata"]["uid"]
            plane.kill("apiserver", "etcd")
            with pytest.raises(urllib3.exceptions.HTTPError):
                plane.admin.call("GET", "/readyz")
            plane.restart("etcd", "apiserver")

            assert plane.admin.must("GET", path(name, "one"))["metadata"]["uid"] == uid

    def test_a_restore_goes_back_in_time(self, built: None) -> None:
        """A restored etcd has neither the pods made since, nor their resource versions."""
        with ControlPlane() as plane:
            name = plane.namespace()
            snapshot = plane.snapshot()
            # A server that starts writes a little of its own.
            made = [plane.admin.must("POST", path(name), pod(f"p{number}", FATES["runs"])) for number in range(50)]
            plane.restore(snapshot)

            listed = plane.admin.must("GET", path(name))
            assert listed["items"] == []
            assert int(listed["metadata"]["resourceVersion"]) < int(made[-1]["metadata"]["resourceVersion"])

    def test_a_held_server_keeps_its_connections(self, built: None) -> None:
        """Nothing is answered while the server is held, and the same connection goes on afterwards."""
        with ControlPlane() as plane:
            plane.pause("apiserver")
            with pytest.raises(urllib3.exceptions.ReadTimeoutError), urllib3.PoolManager(ca_certs=str(plane.authority)) as pool:
                pool.request("GET", f"{plane.server}/readyz", timeout=0.2, retries=False)
            plane.resume("apiserver")

            plane.wait_ready()

    def test_compaction_forgets(self, built: None) -> None:
        """A watch from before a compaction is told that its resource version has expired."""
        with ControlPlane(["--watch-cache=false"]) as plane:
            name = plane.namespace()
            old = plane.admin.must("GET", path(name))["metadata"]["resourceVersion"]
            for each in ("one", "two"):
                plane.admin.must("POST", path(name), pod(each, FATES["runs"]))
            plane.compact()

            event = plane.admin.must("GET", path(name), watch=1, resourceVersion=old, timeoutSeconds=5)
            assert (event["type"], event["object"]["reason"]) == ("ERROR", "Expired")

    def test_parts_die_with_their_parent(self, built: None) -> None:
        """A test process that is killed leaves no server behind."""
        program = """
            import os, signal
            from tests.cluster.plane import ControlPlane
            with ControlPlane() as plane:
                print(*plane.pids.values(), plane.folder, flush=True)
                os.kill(os.getpid(), signal.SIGKILL)
        """
        done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True)
        *pids, folder = done.stdout.split()
        shutil.rmtree(folder)

        assert len(pids) == 2
        wait_for(lambda: not any(alive(int(pid)) for pid in pids), "both are dead")


def alive(pid: int) -> bool:
    """Whether this process runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0] != "Z"


def through(plane: ControlPlane, proxy: Proxy) -> Api:
    """The admin, through the proxy."""
    return Api(proxy.server, plane.authority, "admin-token")


def broken() -> AbstractContextManager[object]:
    """The client sees its connection break."""
    return pytest.raises(urllib3.exceptions.ProtocolError)


class TestProxy:
    """What stands between."""

    def test_it_passes_what_it_is_given(self, plane: ControlPlane, namespace: str) -> None:
        """A request and its answer pass unchanged, and are counted."""
        with Proxy(plane) as proxy, through(plane, proxy) as api:
            made = api.must("POST", path(namespace), pod("one", FATES["runs"]))
            listed = [item["metadata"]["uid"] for item in api.pods(namespace)]

        assert listed == [made["metadata"]["uid"]]
        assert proxy.requests == {"POST": 1, "GET": 1}

    @pytest.mark.parametrize("do", [Do.LOSE_REPLY, Do.CUT_REPLY])
    def test_it_loses_a_reply(self, plane: ControlPlane, namespace: str, do: Do) -> None:
        """The client sees a broken connection; the pod is there."""
        with Proxy(plane, lose_replies(1.0, seed=1, do=do)) as proxy, through(plane, proxy) as api, broken():
            api.call("POST", path(namespace), pod("one", FATES["runs"]))

        assert [item["metadata"]["name"] for item in plane.admin.pods(namespace)] == ["one"]
        assert proxy.lost == {"POST": 1}

    def test_it_loses_a_request(self, plane: ControlPlane, namespace: str) -> None:
        """The client sees a broken connection; the server never saw the pod."""
        with Proxy(plane, lambda _: Do.LOSE_REQUEST) as proxy, through(plane, proxy) as api, broken():
            api.call("POST", path(namespace), pod("one", FATES["runs"]))

        assert plane.admin.pods(namespace) == []

    def test_it_cuts_and_holds(self, plane: ControlPlane, namespace: str) -> None:
        """A watch that is held hears nothing; one that is cut breaks."""
        with Proxy(plane) as proxy, urllib3.PoolManager(ca_certs=str(plane.authority), retries=False) as pool:
            headers = {"Authorization": "Bearer admin-token"}
            url = f"{proxy.server}{path(namespace)}?watch=1&timeoutSeconds=60"
            watch = pool.request("GET", url, headers=headers, preload_content=False, timeout=30)
            plane.admin.must("POST", path(namespace), pod("one", FATES["runs"]))
            first = watch.read(16)
            cut = proxy.cut()
            with broken():
                list(watch.stream())
            proxy.hold()
            with pytest.raises(urllib3.exceptions.ReadTimeoutError):
                pool.request("GET", url, headers=headers, timeout=0.3)

        assert first == b'{"type":"ADDED",'
        assert cut == 1
