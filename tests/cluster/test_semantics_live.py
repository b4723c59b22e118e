"""A real API server takes every template of the semantics benchmark, and tells what it has against a result."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks.semantics.case import read_cases
from benchmarks.semantics.laws import read_lines
from benchmarks.semantics.server import Offer, Server, posted

#: The case is about a mistake in the template itself.
MISTAKEN = "mistakes/in-the-template"
#: What the server warns of is what the case is about.
WARNED = "fidelity/variable-twice-in-template"
TEMPLATES = {case.id: case.template for case in read_cases() if case.template is not None and case.id not in (MISTAKEN, WARNED)}
POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "job"}, "spec": {"containers": [{"name": "main", "image": "a:1"}]}}


@pytest.fixture(scope="module")
def server(built: None) -> Iterator[Server]:
    """A server of the benchmark's own, without the plugins that look at other objects."""
    with Server() as server:
        yield server


def pod(**spec: Any) -> dict[str, Any]:
    """A pod with something more in its spec."""
    return {**POD, "spec": {**POD["spec"], **spec}}  # type: ignore[dict-item]


def test_templates_are_accepted(server: Server) -> None:
    """Every template is a pod that a server takes, without a warning."""
    offers = {case: server.offer(template) for case, template in TEMPLATES.items()}

    assert {case: offer for case, offer in offers.items() if offer != Offer("accepted")} == {}


def test_a_variable_that_stands_twice_is_accepted(server: Server) -> None:
    """The server takes it, and warns."""
    template = next(case.template for case in read_cases() if case.id == WARNED)

    assert server.offer(template).status == "accepted"
    assert 'hides previous definition of "LEVEL"' in server.offer(template).text


def test_generated_templates_are_accepted(server: Server) -> None:
    """So are those over which the laws are run."""
    assert {server.offer(line["template"]).status for line in read_lines()} == {"accepted"}


@pytest.mark.parametrize(
    "manifest",
    [
        pod(priorityClassName="urgent", runtimeClassName="gvisor", serviceAccountName="nobody"),
        pod(containers=[{"name": "main", "image": "a:1", "securityContext": {"privileged": True}}]),
        {
            **POD,
            "metadata": {"name": "job", "namespace": "elsewhere", "uid": "1", "resourceVersion": "7"},
            "status": {"phase": "Running"},
        },
        {**POD, "metadata": {"generateName": "job-"}},
        {**POD, "metadata": None},
    ],
    ids=["classes", "privileged", "from a server", "generated name", "no name"],
)
def test_a_cluster_is_not_asked_for(server: Server, manifest: Any) -> None:
    """What a cluster would have to have besides, and what a server writes itself, is no reason to refuse a result."""
    assert server.offer(manifest) == Offer("accepted")


def test_a_refusal_says_what_is_wrong(server: Server) -> None:
    """The server's own message, the same each time."""
    unknown = [{"name": "main", "image": "a:1", "imag": "b"}]
    twice = [{"name": "main", "image": "a:1"}, {"name": "main", "image": "b:1"}]

    assert server.offer(pod(containers=unknown)).text == (
        'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.containers[0].imag"'
    )
    assert server.offer(pod(containers=twice)).text == 'Pod "job" is invalid: spec.containers[1].name: Duplicate value: "main"'


def test_a_warning_is_told(server: Server) -> None:
    """A pod that is accepted with a warning is accepted, and the warning is there."""
    env = [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]

    status, text = server.offer(pod(containers=[{"name": "main", "image": "a:1", "env": env}]))

    assert (status, "hides previous definition" in text) == ("accepted", True)


def test_no_object_is_not_offered(server: Server) -> None:
    """A result that is no object is not sent."""
    assert server.offer(None).status == "not offered"


def test_what_is_known_is_not_asked_again() -> None:
    """With all that was asked before no server is started."""
    with Server() as server:
        known = {server.key(POD): ["refused", "as before"]}

    with Server(known) as server:
        assert server.offer(POD) == Offer("refused", "as before")


def test_the_namespace_of_a_manifest_is_the_one_it_is_posted_to() -> None:
    """Where it can be one."""
    assert posted({"metadata": {"namespace": "jobs"}})[0] == "jobs"
    assert posted({"metadata": {"namespace": "../nodes"}})[0] == "default"
