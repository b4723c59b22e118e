"""Guesses at what was meant, made only where something is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping

from podcompose.core.json import Json
from podcompose.errors import a

__all__ = ["close", "element_for", "list_for", "listed", "map_for", "unknown_directive", "unknown_field"]


def close(word: str, words: Iterable[str]) -> str | None:
    """
    The word that was probably meant.

    >>> close("bsae", ["base", "git-sync"])
    'base'
    """
    import difflib  # nobody needs it until something is wrong

    folded = {other.lower(): other for other in words}
    match = difflib.get_close_matches(word.lower(), folded, 1, 0.7)
    return folded[match[0]] if match != [] else None


def listed(words: Iterable[str]) -> str:
    """
    Words for a sentence.

    >>> listed(["base", "git-sync"])
    'base, git-sync'
    """
    return ", ".join(words)


def unknown_field(struct: str, name: str, fields: Collection[str], owners: Mapping[str, list[str]]) -> tuple[str, str | None]:
    """
    What to say of a field that a struct does not have.

    >>> unknown_field("Container", "volume_mounts", ["volumeMounts"], {})
    ('a Container has no field `volume_mounts`', 'did you mean `volumeMounts`? Kubernetes writes it in camelCase')
    """
    message = f"{a(struct)} has no field `{name:.60}`"
    camel = re.sub(r"_+([a-zA-Z0-9])", lambda match: match[1].upper(), name.strip("_"))
    spelled = {field.lower(): field for field in fields}.get(camel.lower())
    if spelled is not None:
        case = " Kubernetes writes it in camelCase" if "_" in name else " Upper and lower case matter"
        return message, f"did you mean `{spelled}`?{case}"
    if (struct, camel) in _MEANT:
        return message, _MEANT[struct, camel]
    guess = close(camel, fields)
    homes = sorted(owners.get(camel, []), key=lambda home: _OFTEN.index(home) if home in _OFTEN else len(_OFTEN))
    elsewhere = f"`{camel}` is a field of {listed(homes[:3])}"
    if guess is not None:
        return message, f"did you mean `{guess}`?" + (f" ({elsewhere})" if homes != [] and homes[0] in _OFTEN else "")
    if homes != []:
        return message, elsewhere
    return message, 'if it is newer than Kubernetes 1.37, `unknown="keep"` takes it as it is'


#: Where a field that stands at the wrong place most often belongs.
_OFTEN = ["PodSpec", "Container", "ObjectMeta", "PodSecurityContext", "SecurityContext", "ResourceRequirements"]

#: Names that people take for others, by struct.
_MEANT = {
    ("SecretVolumeSource", "name"): "a volume names its secret by `secretName`",
    ("PersistentVolumeClaimVolumeSource", "name"): "a volume names its claim by `claimName`",
    ("ConfigMapVolumeSource", "configMapName"): "a volume names its config map by `name`",
    ("Volume", "pvc"): "did you mean `persistentVolumeClaim`?",
    ("ResourceRequirements", "cpu"): "it belongs under `limits` or `requests`",
    ("ResourceRequirements", "memory"): "it belongs under `limits` or `requests`",
    ("Pod", "template"): "a pod is what stands under `template`: take it out, or write `kind: PodTemplate`",
    **{
        (struct, name): f"it is a field of a {kind}; of that, only the pod under `template` is meant here"
        for struct in ("Pod", "PodSpec")
        for kind, names in (
            ("Deployment", ("replicas", "strategy", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds")),
            ("Job", ("backoffLimit", "completions", "parallelism", "ttlSecondsAfterFinished", "completionMode", "suspend")),
            ("StatefulSet", ("serviceName", "volumeClaimTemplates", "podManagementPolicy")),
            ("CronJob", ("schedule", "jobTemplate", "concurrencyPolicy")),
        )
        for name in names
    },
}


def unknown_directive(name: str) -> tuple[str, str | None]:
    """
    What to say of a key that begins with `$` and is no directive here.

    >>> unknown_directive("$patches")
    ('`$patches` is no directive here', 'did you mean `$patch`?')
    """
    message = f"`{name:.60}` is no directive here"
    if name.startswith("$setElementOrder/"):
        return message, "leave it out: the list itself gives the order"
    if name.startswith("$deleteFromPrimitiveList/"):
        return message, "it names a list of scalars beside it"
    guess = close(name, ["$patch", "$retainKeys"])
    return message, None if guess is None else f"did you mean `{guess}`?"


def list_for(value: Json, key: str | None = None) -> str | None:
    """
    How to write what was given where a list is wanted.

    >>> list_for("x"), list_for({"A": "1"}, "name")
    ('write a list: ["x"]', 'write a list of maps: [{"name": "A", "value": "1"}]')
    """
    if type(value) is dict:
        return "write a list: start each entry with `- `" if key is None else f"write a list of maps: {_as_list(value, key)}"
    return f'write a list: ["{value}"]' if type(value) is str and len(value) < 40 else None


def _as_list(value: Json, key: str) -> str:
    """The first element that a map probably means: itself, its first entry by name, or a variable; whatever else is in it."""
    name, entry = next(iter(value.items()), (None, None))
    if name is None or len(json.dumps(entry)) > 60:
        return f'[{{"{key}": ...}}]'
    by_name = {key: name, **(entry if type(entry) is dict else {"value": entry})}
    element = value if key in value else by_name
    more = ", ..." if element is by_name and len(value) > 1 else ""
    text = json.dumps(element)
    return f"[{text}{more}]" if len(text) < 80 else f'[{{"{key}": {json.dumps(name)}, ...}}{more}]'


def element_for(value: Json, key: str) -> str | None:
    """
    How to write what was given where an element of a keyed list is wanted.

    >>> element_for("x", "name"), element_for("A=1", "name")
    ('write {"name": "x"}', 'write {"name": "A", "value": "1"}')
    """
    if type(value) is int and key == "containerPort":
        return f'write {{"{key}": {value}}}'
    if type(value) is not str or len(value) > 60:
        return None
    name, equals, text = value.partition("=")
    return f'write {{"{key}": "{name}", "value": "{text}"}}' if equals != "" and key == "name" else f'write {{"{key}": "{value}"}}'


def map_for(value: Json) -> str | None:
    """
    How to write what was given where a map of strings is wanted.

    >>> map_for(["a=b"])
    'write a map: {"key": "value"}'
    """
    return 'write a map: {"key": "value"}' if type(value) in (list, str) else None
