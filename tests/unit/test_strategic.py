"""Strategic merge patch to the letter, rule by rule; the differential tests hold the same engine to Kubernetes' code."""

from __future__ import annotations

import json
from typing import Any

import pytest

from podcompose.core.json import copy, same
from podcompose.core.strategic import strategic_merge
from podcompose.errors import Finding
from podcompose.schema.pod import POD


def merged(original: Any, patch: Any) -> Any:
    """The merge of two specs, which must not be refused."""
    found: list[Finding] = []
    result = strategic_merge({"spec": original}, {"spec": patch}, POD, found)
    assert found == []
    return result["spec"]


def refused(original: Any, patch: Any) -> list[Finding]:
    """What is wrong with the patch of a spec."""
    found: list[Finding] = []
    strategic_merge({"spec": original}, {"spec": patch}, POD, found)
    return found


def codes(original: Any, patch: Any) -> list[str]:
    """The codes of what is wrong with the patch of a spec."""
    return [finding.code for finding in refused(original, patch)]


def named(names: str) -> list[dict[str, str]]:
    """Containers of these names; one with a leading minus is deleted, `=` replaces the list."""
    return [_entry(name) for name in names.split()]


def _entry(name: str) -> dict[str, str]:
    if name == "=":
        return {"$patch": "replace"}
    return {"name": name[1:], "$patch": "delete"} if name.startswith("-") else {"name": name}


def order_of(original: str | None, patch: str | None, order: str | None = None) -> str:
    """The names of the merged containers, in order."""
    template = {} if original is None else {"containers": named(original)}
    override: dict[str, Any] = {} if patch is None else {"containers": named(patch)}
    if order is not None:
        override["$setElementOrder/containers"] = named(order)
    return " ".join(container["name"] for container in merged(template, override)["containers"])


def finalizers(original: str, patch: str, **directives: str) -> str:
    """The merged finalizers."""
    override: dict[str, Any] = {"finalizers": patch.split()} if patch != "" else {}
    override |= {f"${directive}/finalizers": names.split() for directive, names in directives.items()}
    found: list[Finding] = []
    result = strategic_merge({"metadata": {"finalizers": original.split()}}, {"metadata": override}, POD, found)
    assert found == []
    return " ".join(result["metadata"]["finalizers"])


class TestMaps:
    """Section by section: what decides over a map, and over a field of it."""

    @pytest.mark.parametrize(
        ("original", "patch", "expected"),
        [
            ({"hostname": "x", "nodeName": None}, {}, {"hostname": "x", "nodeName": None}),
            ({"hostname": "x"}, {"hostname": "y", "subdomain": "z"}, {"hostname": "y", "subdomain": "z"}),
            ({"hostname": "x"}, {"hostname": None, "subdomain": None}, {}),
            ({"hostname": "x"}, {"hostname": ""}, {"hostname": ""}),
            ({"hostNetwork": True}, {"hostNetwork": False}, {"hostNetwork": False}),
            ({"priority": 5}, {"priority": 0}, {"priority": 0}),
            ({"nodeSelector": {"a": "1"}}, {"nodeSelector": {}}, {"nodeSelector": {"a": "1"}}),
            (
                {"nodeSelector": {"a": "1", "b": "2"}},
                {"nodeSelector": {"a": None, "c": "3"}},
                {"nodeSelector": {"b": "2", "c": "3"}},
            ),
            ({"priority": 1}, {"priority": 1.0}, {"priority": 1.0}),
            ({"bogus": 1}, {"bogus": 2, "other": {"x": None, "y": []}}, {"bogus": 2, "other": {"y": []}}),
            ({"hostname": None}, {"hostname": {"a": None}}, {"hostname": {}}),
        ],
        ids=repr,
    )
    def test_a_patch_changes_what_it_mentions(self, original: Any, patch: Any, expected: Any) -> None:
        """Scalars overwrite, falsy ones too; null removes; maps merge; unknown scalars and one-sided values pass."""
        assert same(expected, merged(original, patch))

    def test_replace_takes_the_patch_map_verbatim(self) -> None:
        """Under `$patch: replace` nulls, nested directives and `$retainKeys` stay as literal text."""
        inside = {"runAsUser": None, "seLinuxOptions": {"$patch": "delete"}, "$retainKeys": ["x"], "$setElementOrder/sysctls": []}

        assert merged({"securityContext": {"fsGroup": 1}}, {"securityContext": {"$patch": "replace", **inside}}) == {
            "securityContext": inside
        }

    def test_delete_leaves_an_empty_map(self) -> None:
        """`$patch: delete` on a map leaves `{}` and ignores the other keys of the patch map."""
        assert merged({"securityContext": {"fsGroup": 1}}, {"securityContext": {"$patch": "delete", "runAsUser": 1}}) == {
            "securityContext": {}
        }

    def test_the_top_level_takes_directives_too(self) -> None:
        """`$patch` at the top of the patch decides over the whole pod."""
        assert strategic_merge({"kind": "Pod"}, {"$patch": "delete"}, POD, []) == {}
        assert strategic_merge({"kind": "Pod"}, {"$patch": "replace", "a": None}, POD, []) == {"a": None}

    @pytest.mark.parametrize("directive", ["merge", None, 1, {}, "Replace"])
    def test_another_directive_is_refused(self, directive: Any) -> None:
        """Every `$patch` but replace and delete is refused, `merge` and null included."""
        assert codes({"securityContext": {}}, {"securityContext": {"$patch": directive}}) == ["unknown-directive"]

    @pytest.mark.parametrize("inside", [{}, {"$patch": "replace"}], ids=repr)
    def test_an_unknown_field_is_refused_only_where_maps_or_lists_meet(self, inside: Any) -> None:
        """The schema is asked where both sides hold a map or a list, before any directive inside is looked at."""
        [finding] = refused({"tolerations_": {}}, {"tolerations_": inside})

        assert finding.code == "unknown-field"
        assert finding.path == ".spec.tolerations_"
        assert finding.raw == ("spec", "tolerations_")
        assert finding.suggestion == "did you mean `tolerations`?"
        assert 'unable to find api field in struct PodSpec for the json field "tolerations_"' in finding.message
        assert codes({"bogus": []}, {"bogus": []}) == ["unknown-field"]
        assert codes({"bogus": []}, {"bogus": {}}) == []

    def test_a_field_is_found_whatever_its_case(self) -> None:
        """`Containers` finds the rules of `containers`, and stays another key of the JSON."""
        original = {"Containers": [{"name": "a"}], "containers": [{"name": "z"}]}

        assert merged(original, {"Containers": [{"name": "a", "tty": True}]}) == {
            "Containers": [{"name": "a", "tty": True}],
            "containers": [{"name": "z"}],
        }
        assert codes({"container\u017f": [{"name": "a"}]}, {"container\u017f": [{"image": "no name"}]}) == ["no-merge-key"]

    def test_a_field_of_older_versions_is_unknown(self) -> None:
        """A field that Kubernetes has dropped is as unknown as it is to today's kubectl."""
        claims = [{"name": "gpu", "source": {}}]

        assert codes({"resourceClaims": claims}, {"resourceClaims": claims}) == ["unknown-field"]

    @pytest.mark.parametrize(
        ("original", "patch", "code"),
        [
            ({"nodeSelector": {"a": {}}}, {"nodeSelector": {"a": {}}}, "wrong-type"),
            ({"containers": {"a": []}}, {"containers": {"a": []}}, "wrong-type"),
            ({"nodeName": []}, {"nodeName": []}, "wrong-type"),
            ({"nodeSelector": []}, {"nodeSelector": []}, "wrong-type"),
            ({"overhead": {"cpu": {"x": {}}}}, {"overhead": {"cpu": {"x": {}}}}, "wrong-type"),
        ],
        ids=repr,
    )
    def test_maps_and_lists_where_the_schema_has_none_are_refused(self, original: Any, patch: Any, code: str) -> None:
        """Two maps in a free map, two lists at a field that is no list: Kubernetes does not know how to merge them."""
        assert codes(original, patch) == [code]

    def test_wrong_shapes_that_merge_all_the_same(self) -> None:
        """Maps at a list field merge scalars; lists at a pointer field are atomic; maps at an IntOrString merge scalars."""
        assert merged({"containers": {"a": 1}}, {"containers": {"b": 2}}) == {"containers": {"a": 1, "b": 2}}
        assert merged({"securityContext": [1]}, {"securityContext": [2]}) == {"securityContext": [2]}
        probe = {"livenessProbe": {"httpGet": {"port": {"a": 1}}}, "name": "x"}
        other = {"livenessProbe": {"httpGet": {"port": {"b": 2}}}, "name": "x"}
        [container] = merged({"containers": [probe]}, {"containers": [other]})["containers"]
        assert container["livenessProbe"] == {"httpGet": {"port": {"a": 1, "b": 2}}}


class TestValuesTakenWhole:
    """What becomes of a value that is new to the original, or of another type."""

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ({"a": None, "b": {"c": None}}, {"b": {}}),
            ([{"a": None}, None, 1], [{}, None, 1]),
            ([{"$patch": "replace"}, {"name": "a"}], [{"name": "a"}]),
            ({"a": {"$patch": "replace", "x": 1}, "b": 1}, {"b": 1}),
            ({"a": {"$patch": None, "x": 1}}, {"a": {"x": 1}}),
            ({"$retainKeys": ["x"], "$setElementOrder/f": []}, {"$retainKeys": ["x"], "$setElementOrder/f": []}),
            ([{"name": "b"}, {"image": "x"}, {"name": "b"}], [{"name": "b"}, {"image": "x"}, {"name": "b"}]),
        ],
        ids=repr,
    )
    def test_nulls_and_directive_maps_are_dropped(self, value: Any, expected: Any) -> None:
        """Null fields go, then maps with a `$patch`, at every depth; other directives, repeats and order stay."""
        assert merged({}, {"containers": value}) == {"containers": expected}
        assert merged({"containers": "text"}, {"containers": value}) == {"containers": expected}

    def test_a_directive_map_that_is_the_value_removes_the_field(self) -> None:
        """`$patch: replace` on a map that the original lacks adds nothing; over another type it removes the field."""
        patch = {"securityContext": {"$patch": "replace", "runAsUser": 1}}

        assert merged({}, patch) == {}
        assert merged({"securityContext": "text"}, patch) == {}

    @pytest.mark.parametrize(
        ("original", "patch"),
        [
            ({"tolerations": [{"key": "a"}]}, {"tolerations": [{"$patch": "delete", "key": None}, 1]}),
            ({"containers": []}, {"containers": [{"name": "a", "env": [{"$patch": "replace"}], "image": None}]}),
        ],
        ids=["atomic list", "new element"],
    )
    def test_elsewhere_nulls_and_directives_stay(self, original: Any, patch: Any) -> None:
        """A list that replaces an atomic one, and a new element of a merged one, enter verbatim."""
        assert merged(original, patch) == patch


class TestKeyedLists:
    """Which elements a list merged by key holds, and in which order."""

    @pytest.mark.parametrize(
        ("original", "patch", "expected"),
        [
            ("a b", "c", "c a b"),
            ("a b", "c b", "c a b"),
            ("a b", "b c", "a b c"),
            ("a b d", "d a", "b d a"),
            ("a b c", "a new", "a new b c"),
            ("a b c d", "d new b", "a c d new b"),
            ("a b c", "-a new", "new b c"),
            ("a b", "= y x", "y x"),
            ("a b", "= y -y x y", "y y x"),
            ("", "y x", "y x"),
            ("a b a", "", "a a b"),
            ("a b a", "-a", "b"),
            ("a b", "-b a b", "a b"),
            ("a b", "-z", "a b"),
            ("a b c", "-a a", "a b c"),
            ("a b c", "c -b", "a c"),
        ],
    )
    def test_order(self, original: str, patch: str, expected: str) -> None:
        """The patch orders what it names, new elements come before the untouched ones unless one named before holds them back."""
        assert order_of(original, patch) == expected

    def test_an_entry_merges_into_the_first_of_its_key(self) -> None:
        """Repeated keys in the original: the first is merged into, and they become neighbours."""
        original = {"containers": [{"name": "a", "image": "1"}, {"name": "b"}, {"name": "a", "image": "2"}]}

        assert merged(original, {"containers": [{"name": "a", "image": "3"}]}) == {
            "containers": [{"name": "a", "image": "3"}, {"name": "a", "image": "2"}, {"name": "b"}]
        }

    def test_a_second_entry_of_a_new_key_merges_into_the_first(self) -> None:
        """Of two entries of one new key the second merges, and a null in it does delete."""
        patch = {"containers": [{"name": "a", "image": "1", "tty": None}, {"name": "a", "image": None, "stdin": True}]}

        assert merged({"containers": []}, patch) == {"containers": [{"name": "a", "tty": None, "stdin": True}]}

    def test_delete_and_add_again_is_a_fresh_element(self) -> None:
        """A delete acts before all merges, wherever it stands."""
        original = {"containers": [{"name": "b"}, {"name": "a", "image": "1"}]}
        patch = {"containers": [{"name": "a", "tty": None}, {"name": "a", "$patch": "delete"}]}

        assert merged(original, patch) == {"containers": [{"name": "a", "tty": None}, {"name": "b"}]}

    @pytest.mark.parametrize("keys", [(1, True), (1, 1.0), (1, "1"), (0, False), (None, "")], ids=repr)
    def test_keys_are_equal_as_json(self, keys: tuple[Any, Any]) -> None:
        """Keys of different JSON types are different keys."""
        one, other = ({"name": "x", "ports": [{"containerPort": key}]} for key in keys)
        [container] = merged({"containers": [one]}, {"containers": [other]})["containers"]

        assert same(container["ports"], [{"containerPort": keys[1]}, {"containerPort": keys[0]}])

    def test_a_null_key_is_a_key(self) -> None:
        """`name: null` equals null only; merged twice it removes itself, and the element has no key left."""
        assert merged({"containers": [{"name": "a"}]}, {"containers": [{"name": None}]})["containers"][0] == {"name": None}
        assert codes({"containers": [{"name": None}]}, {"containers": [{"name": None}]}) == ["no-merge-key"]

    def test_a_literal_delete_of_the_original_goes_last(self) -> None:
        """An element that carries a left-over delete directive is put behind the others."""
        original = {"containers": [{"name": "a", "$patch": "delete"}, *named("c b")]}

        assert [container["name"] for container in merged(original, {"containers": []})["containers"]] == ["c", "b", "a"]
        original = {"containers": original["containers"][:2]}
        assert [container["name"] for container in merged(original, {"containers": []})["containers"]] == ["c", "a"]

    @pytest.mark.parametrize(
        ("original", "patch", "expected"),
        [
            ([{"name": "a"}], [{"image": "z"}], ["no-merge-key"]),
            ([{"name": "a"}], [{"$patch": "delete"}, {"image": "z"}], ["no-merge-key", "no-merge-key"]),
            ([{"image": "z"}], [], ["no-merge-key"]),
            ([{"name": "a"}], [{"$patch": "merge", "name": "a"}], ["unknown-directive"]),
            ([{"name": "a"}], [{"$patch": None, "name": "a"}], ["unknown-directive"]),
            ([{"name": "a"}], ["a"], ["wrong-type"]),
            (["a"], ["a"], ["wrong-type"]),
            ([["a"]], [], ["wrong-type"]),
            ([None], [], ["wrong-type"]),
            ([], [None, {"name": "a"}], ["wrong-type"]),
            ([{"name": "b"}], [{"name": {}}], ["bad-merge-key"]),
            ([{"name": []}, {"name": "b"}], [], ["bad-merge-key"]),
            ([{"name": {}}, {"name": {}}], [{"name": {}, "$patch": "delete"}], ["bad-merge-key"]),
        ],
        ids=repr,
    )
    def test_what_is_refused(self, original: Any, patch: Any, expected: list[str]) -> None:
        """Elements without key, mixed types, unknown directives; and what makes Go panic."""
        assert codes({"containers": original}, {"containers": patch}) == expected

    def test_a_lone_map_as_key_is_never_compared(self) -> None:
        """One element whose key is a map passes while nothing is compared with it."""
        assert merged({"containers": [{"name": {}}]}, {"containers": []}) == {"containers": [{"name": {}}]}

    def test_both_empty(self) -> None:
        """Two empty lists merge to one."""
        assert merged({"containers": []}, {"containers": []}) == {"containers": []}


class TestFinalizers:
    """The one list of scalars that merges."""

    @pytest.mark.parametrize(
        ("original", "patch", "expected"),
        [
            ("a b c", "c n a", "b c n a"),
            ("a b", "n", "n a b"),
            ("a b", "b b n", "a b n"),
            ("x y x", "z", "x y z"),
            ("x y x y", "z", "z x y"),
        ],
    )
    def test_the_union_in_the_order_of_keyed_lists(self, original: str, patch: str, expected: str) -> None:
        """A union without repeats; repeats in the original leave what Go's memory would hold."""
        assert finalizers(original, patch) == expected

    def test_new_to_the_original_repeats_stay(self) -> None:
        """On an original without finalizers the patch's list is taken as it stands."""
        result = strategic_merge({"metadata": {}}, {"metadata": {"finalizers": ["a", "a"]}}, POD, [])

        assert result == {"metadata": {"finalizers": ["a", "a"]}}

    def test_an_order_directive(self) -> None:
        """$setElementOrder works on scalars."""
        assert finalizers("a b c", "n", setElementOrder="c n a") == "b c n a"

    @pytest.mark.parametrize(("original", "patch"), [([None], []), ([], [None]), ([], [[]]), (["a"], [1])], ids=repr)
    def test_what_is_refused(self, original: Any, patch: Any) -> None:
        """A null first (Go panics), lists, and entries of two types."""
        found: list[Finding] = []
        strategic_merge({"metadata": {"finalizers": original}}, {"metadata": {"finalizers": patch}}, POD, found)

        assert [finding.code for finding in found] == ["wrong-type"]

    def test_deletes_come_last(self) -> None:
        """With the list itself in the same patch, what is added and deleted is deleted."""
        assert finalizers("a b", "c", deleteFromPrimitiveList="c a") == "b"


class TestSetElementOrder:
    """The directive that orders a merged list."""

    @pytest.mark.parametrize(
        ("original", "patch", "order", "expected"),
        [
            ("a b c", None, "c a", "b c a"),
            ("a b c d", None, "d b", "a c d b"),
            ("a b c", None, "z c z a", "b c a"),
            ("a b", "n", "", "a b n"),
            ("a b c", "-a n", "n", "b c n"),
            ("b c", "n", "n", "n b c"),
            (None, "b a", "b a", "b a"),
            (None, "b a", "", "a b"),
            ("a b", "b n", "n b", None),
            ("a b", "b -a", "a b", "b"),
        ],
    )
    def test_order(self, original: str | None, patch: str | None, order: str, expected: str | None) -> None:
        """Named elements follow the directive, others the original; deletes make room for as many new elements in it."""
        if expected is None:
            spec = {"containers": named(patch or ""), "$setElementOrder/containers": named(order)}
            assert codes({"containers": named(original or "")}, spec) == ["order-mismatch"]
        else:
            assert order_of(original, patch, order) == expected

    def test_beyond_one_block_of_the_sort(self) -> None:
        """With an empty order new elements have no place: what Go's sort of more than 20 makes of that, recorded from Go."""
        original, new = [f"o{number}" for number in range(12)], [f"n{number}" for number in range(12)]

        assert order_of(" ".join(original), " ".join(["o5", *new]), "") == BEYOND_ONE_BLOCK

    def test_neither_side_has_the_list(self) -> None:
        """The directive is consumed and nothing happens."""
        assert merged({}, {"$setElementOrder/containers": [{"name": "a"}]}) == {}

    def test_only_the_patch_has_the_list(self) -> None:
        """Maps with a `$patch` go, at every depth and with any value, but nulls stay."""
        patch = [{"name": "a", "tty": None, "env": [{"$patch": None}], "lifecycle": {"$patch": "delete"}}]

        assert merged({}, {"containers": patch, "$setElementOrder/containers": [{"name": "a"}]}) == {
            "containers": [{"name": "a", "tty": None, "env": []}]
        }

    def test_an_atomic_list_of_scalars_can_be_ordered(self) -> None:
        """The directive works whatever the list's strategy; maps in an atomic list make Go panic."""
        original, patch = {"name": "c", "args": ["x", "y", "z"]}, {"name": "c", "$setElementOrder/args": ["z", "x"]}

        assert merged({"containers": [original]}, {"containers": [patch]})["containers"][0]["args"] == ["y", "z", "x"]
        assert codes({"tolerations": [{}]}, {"$setElementOrder/tolerations": []}) == ["no-merge-key"]

    @pytest.mark.parametrize(
        ("original", "patch", "code"),
        [
            ({}, {"$setElementOrder/containers": None}, "wrong-type"),
            ({"containers": None}, {"$setElementOrder/containers": []}, "wrong-type"),
            ({}, {"$setElementOrder/containers": [], "containers": {}}, "wrong-type"),
            ({}, {"$setElementOrder": []}, "unknown-directive"),
            ({}, {"$setElementOrder/bogus": []}, "unknown-field"),
            ({}, {"$setElementOrder/nodeSelector": []}, "wrong-type"),
            ({"containers": []}, {"$setElementOrder/containers": []}, "empty-lists"),
            ({"containers": named("a")}, {"$setElementOrder/containers": ["a"]}, "wrong-type"),
            ({"containers": named("a")}, {"$setElementOrder/containers": [{}]}, "no-merge-key"),
            ({}, {"$setElementOrder/containers": named("a"), "containers": ["a"]}, "wrong-type"),
            ({}, {"$setElementOrder/containers": named("b"), "containers": [{}]}, "no-merge-key"),
        ],
        ids=repr,
    )
    def test_what_is_refused(self, original: Any, patch: Any, code: str) -> None:
        """Wrong types, unknown fields, nothing to order, entries without key."""
        assert codes(original, patch) == [code]

    def test_a_pointer_passes_where_neither_side_has_it(self) -> None:
        """At a field that Go holds by pointer the directive is no mistake while there is nothing to order."""
        assert merged({}, {"$setElementOrder/securityContext": []}) == {}


class TestRetainKeys:
    """The directive that removes an original's other fields."""

    def test_other_fields_go(self) -> None:
        """A volume changes its source; the merge key must be listed as well."""
        original = {"volumes": [{"name": "v", "emptyDir": {}}]}
        patch = {"name": "v", "hostPath": {"path": "/x"}, "$retainKeys": ["name", "hostPath"]}

        assert merged(original, {"volumes": [patch]}) == {"volumes": [{"name": "v", "hostPath": {"path": "/x"}}]}
        assert codes(original, {"volumes": [{**patch, "$retainKeys": ["hostPath"]}]})[0] == "bad-retain-keys"

    def test_it_works_in_every_map(self) -> None:
        """Structs, free maps and the top level take it; fields that are null need not be listed."""
        assert merged({"hostname": "x", "subdomain": "y"}, {"$retainKeys": ["hostname"], "nodeName": None}) == {"hostname": "x"}
        assert strategic_merge({"a": 1, "b": 2}, {"$retainKeys": ["b", 1, None]}, POD, []) == {"b": 2}

    @pytest.mark.parametrize("value", [None, "hostname", {}, [{}], [[]]], ids=repr)
    def test_it_is_a_list_of_names(self, value: Any) -> None:
        """Anything but a list of scalars is refused."""
        assert codes({}, {"$retainKeys": value}) == ["bad-retain-keys"]

    def test_where_nothing_merges_it_is_text(self) -> None:
        """In a new element it stays as a literal key."""
        patch = {"volumes": [{"name": "v", "$retainKeys": []}]}

        assert merged({"volumes": []}, patch) == patch


class TestDeleteFromPrimitiveList:
    """The directive that takes entries out of a list of scalars."""

    @pytest.mark.parametrize(
        ("original", "doomed", "expected"),
        [
            (["a", "b", "a"], ["a"], ["b"]),
            (["a"], ["a"], []),
            ([1, 2], [1], [2]),
            ("text", ["a"], "text"),
            (["a"], "a", ["a"]),
            ("text", "other", "other"),
            ([], [], []),
        ],
        ids=repr,
    )
    def test_entries_go_whatever_the_strategy(self, original: Any, doomed: Any, expected: Any) -> None:
        """Every equal entry is removed, also of an atomic list; of another type nothing happens, and scalars overwrite."""
        original, patch = {"name": "c", "args": original}, {"name": "c", "$deleteFromPrimitiveList/args": doomed}

        assert merged({"containers": [original]}, {"containers": [patch]})["containers"][0]["args"] == expected

    def test_null_removes_the_list(self) -> None:
        """A null removes the field itself; an absent field stays absent."""
        assert merged({"containers": []}, {"$deleteFromPrimitiveList/containers": None}) == {}
        assert merged({}, {"$deleteFromPrimitiveList/containers": ["a"]}) == {}

    def test_maps_merge(self) -> None:
        """Lists of maps, and maps, merge as if they were the field's own patch; a list of maps needs a key."""
        assert merged({"containers": named("a")}, {"$deleteFromPrimitiveList/containers": named("b")}) == {
            "containers": named("b a")
        }
        assert merged({"nodeSelector": {"a": "1"}}, {"$deleteFromPrimitiveList/nodeSelector": {"b": "2"}}) == {
            "nodeSelector": {"a": "1", "b": "2"}
        }
        assert codes({"tolerations": [{}]}, {"$deleteFromPrimitiveList/tolerations": [{}]}) == ["no-list-key"]

    @pytest.mark.parametrize(
        ("original", "patch", "code"),
        [
            ({}, {"$deleteFromPrimitiveList": []}, "unknown-directive"),
            ({}, {"$deleteFromPrimitiveListX/args": []}, "unknown-directive"),
            ({"bogus": []}, {"$deleteFromPrimitiveList/bogus": []}, "unknown-field"),
            ({"schedulingGates": ["a"]}, {"$deleteFromPrimitiveList/schedulingGates": [1]}, "wrong-type"),
        ],
        ids=repr,
    )
    def test_what_is_refused(self, original: Any, patch: Any, code: str) -> None:
        """No field behind the slash, an unknown field, entries of mixed types."""
        assert codes(original, patch) == [code]


class TestFindings:
    """What a person reads where Kubernetes refuses."""

    def test_all_at_once_each_with_its_place(self) -> None:
        """Several mistakes are several findings, each with its path by list key and its place in the patch."""
        original = {"containers": [{"name": "a", "env": [{"name": "X"}], "ports": [{"containerPort": 1}]}], "bogus": {}}
        patch = {"bogus": {}, "containers": [{"name": "a", "ports": [{"hostPort": 1}], "env": [{"name": "X"}, {"value": "1"}]}]}
        found = refused(original, patch)

        assert {(finding.code, finding.path, finding.raw) for finding in found} == {
            ("unknown-field", ".spec.bogus", ("spec", "bogus")),
            ("no-merge-key", '.spec.containers[name="a"].ports[0]', ("spec", "containers", 0, "ports", 0)),
            ("no-merge-key", '.spec.containers[name="a"].env[1]', ("spec", "containers", 0, "env", 1)),
        }
        assert "map: map[value:1] does not contain declared merge key: name" in {finding.message for finding in found}


class TestPurity:
    """Inputs are values."""

    def test_inputs_stay_as_they_are(self) -> None:
        """Neither a merge nor a refusal writes into its inputs, and the untouched is shared, not copied."""
        original = {"spec": {"containers": [{"name": "a", "env": [{"name": "X"}]}, {"name": "b"}], "volumes": []}}
        patch = {"spec": {"containers": [{"name": "a", "env": [{"name": "Y"}, {"name": "Y", "value": None}]}, {"name": "c"}]}}
        before = copy(original), copy(patch)
        result = strategic_merge(original, patch, POD, [])

        assert same([original, patch], [*before])
        assert result["spec"]["containers"][2] is original["spec"]["containers"][1]
        assert json.dumps(result) == json.dumps(strategic_merge(original, patch, POD, []))


BEYOND_ONE_BLOCK = "o8 o9 o10 o11 n11 n10 n9 n8 n7 n6 n5 n4 n3 n2 n1 n0 o0 o1 o2 o3 o4 o5 o6 o7"
