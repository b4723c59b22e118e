"""The shipped strategies reach what they promise."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, given, settings

from podcompose import compose
from podcompose.schema.pod import POD
from podcompose.testing import pod_pairs
from podcompose.testing.alphabet import fields_of, targets
from tests.laws.manifests import structs


def test_every_list_map_and_one_of_is_a_target() -> None:
    """Whatever of a Pod's spec and metadata is a list, a free map or a one-of has a path that leads to it."""
    reached = set()
    for path in targets():
        struct = POD.root
        for name in path:
            field = fields_of(struct)[name]
            reached.add((struct, name))
            struct = field.of
    seen, wanted = {"ObjectMeta", "PodSpec"}, set()
    for struct in (todo := list(seen)):
        for name, field in fields_of(struct).items():
            if field.kind in ("list", "map") or name in getattr(POD.one_ofs.get(struct), "members", ()):
                wanted.add((struct, name))
            if field.is_struct and field.of not in seen:
                seen.add(field.of)
                todo.append(field.of)

    assert len(wanted) > 150
    assert wanted <= reached


def test_pairs_collide() -> None:
    """Most patches change what the pod has, and name elements that it has."""
    changed, named = [], []

    @settings(max_examples=60, database=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(pod_pairs())
    def collect(pair: tuple[dict[str, object], dict[str, object]]) -> None:
        pod, patch = pair
        composition = compose(pod, patch)
        changed.append(any(change.action == "changed" for change in composition.diff()[0].changes))
        named.append(len(list(structs(composition.manifest))) < len(list(structs(pod))) + len(list(structs(patch))) - 2)

    collect()

    assert sum(changed) > len(changed) // 4
    assert sum(named) > len(named) // 4
