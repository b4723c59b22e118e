"""How a composition came to be, worked out anew from its inputs: what each stage left, changed, and set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise

from podcompose.blame import Blame
from podcompose.core.counterpart import carried
from podcompose.core.diff import Change, changes
from podcompose.core.json import JsonMap
from podcompose.core.leaves import leaves
from podcompose.core.maps import Node
from podcompose.core.path import Path
from podcompose.core.provenance import Explanation, Stage, explain
from podcompose.core.reasons import Rules
from podcompose.core.schema import Schema
from podcompose.core.select import locate, resolve
from podcompose.dialect import Dialect
from podcompose.encode import independent
from podcompose.errors import PathError
from podcompose.hook import Ran
from podcompose.override import Override
from podcompose.stages import lay_override
from podcompose.template import Template

__all__ = ["StageChanges", "explain_path", "explain_pod", "stage_changes", "stages"]


@dataclass(frozen=True, slots=True)
class StageChanges:
    """What one stage changed."""

    stage: str
    who: str
    source: str | None
    changes: tuple[Change, ...]

    def __str__(self) -> str:
        """The stage, and a line for every change."""
        where = f"({self.source})" if self.source is not None else ""
        head = " ".join(part for part in (self.stage, self.who, where) if part != "")
        count = f"{len(self.changes)} change{'' if len(self.changes) == 1 else 's'}"
        return "\n".join([f"{head}: {count}", *(f"  {change}" for change in self.changes)])


def stages(template: Template, overrides: Sequence[Override], hooks: Sequence[Ran | Override], dialect: Dialect) -> list[Stage]:
    """Every stage with what it left, the merges done again."""
    checked = template.checked(dialect)
    origin, document = template.origin, template.document
    done = [Stage(origin.stage, origin.who, origin.source, checked.manifest, document.value, document.marks)]
    for stage, who, patch in [*_named("override", overrides), *_named("hook", hooks)]:
        if isinstance(patch, Ran):
            done.append(Stage(stage, who, patch.hook.origin.source, patch.after, line=patch.hook.line))
        else:
            after = lay_override(done[-1].after, patch, dialect, checked.indexes).manifest
            done.append(_patch_stage(stage, who, patch, after, dialect))
    return done


def _named(stage: str, patches: Sequence[Ran | Override]) -> Iterator[tuple[str, str, Ran | Override]]:
    own = [isinstance(patch, Override) and patch.stage not in ("override", "hook") for patch in patches]
    numbered = own.count(False) > 1
    for place, patch in enumerate(patches, 1):
        name = patch.hook.origin.who if isinstance(patch, Ran) else patch.name
        if isinstance(patch, Override) and own[place - 1]:
            yield patch.stage, name, patch  # a stage after the hooks, such as launch
        else:
            yield stage, name or (f"#{place}" if numbered else ""), patch


def _patch_stage(stage: str, who: str, patch: Override, after: JsonMap, dialect: Dialect) -> Stage:
    document = patch.document.value if patch.kind != "json-patch" else None
    rules: Rules = "merge-patch" if patch.kind == "merge-patch" else dialect.engine if isinstance(dialect.engine, str) else "other"
    return Stage(stage, who, patch.source, after, document, patch.document.marks, patch.paths, rules=rules)


def stage_changes(history: Sequence[Stage], plan: Node) -> tuple[StageChanges, ...]:
    """What each stage after the template changed."""
    return tuple(
        StageChanges(stage.stage, stage.who, stage.source, tuple(changes(before.after, stage.after, plan)))
        for before, stage in pairwise(history)
    )


def explain_path(path: Path, manifest: JsonMap, history: Sequence[Stage], dialect: Dialect) -> Explanation:
    """
    The history of one field; the place of an element in a keyed list is read as the key of what stands there.

    Raises: PathError: no Pod has such a field, nor does any stage.
    """
    schema = dialect.schema
    known = _resolved(path, history, schema)
    by_place: dict[Path, Path] = {raw[: len(known)]: found[: len(known)] for found, raw in leaves(manifest, schema)}
    return explain(by_place.get(known, known), history, schema, dialect.plan())


def _resolved(path: Path, history: Sequence[Stage], schema: Schema) -> Path:
    """A path read by the schema as far as that goes; a field that it lacks is one if some stage has it."""
    try:
        return resolve(path, schema)
    except PathError:
        for length in range(len(path) - 1, -1, -1):
            with suppress(PathError):
                kept = (*resolve(path[:length], schema), *path[length:])
                if any(locate(stage.after, kept, schema) is not None for stage in history):
                    return kept
        raise


def explain_pod(manifest: JsonMap, history: Sequence[Stage], dialect: Dialect) -> Blame:
    """The history of every field there is, and of those that were taken away."""
    schema, plan = dialect.schema, dialect.plan()
    present = dict.fromkeys(path for path, _ in leaves(manifest, schema))
    earlier = dict.fromkeys(
        path
        for place, stage in enumerate(history[:-1])
        for path, _ in leaves(stage.after, schema)
        if path not in present and not _lives_on(path, history[place:], schema)
    )
    gone = (one for one in (explain(path, history, schema, plan) for path in earlier) if one.steps != () and not one.present)
    return Blame(independent(manifest), schema, (*(explain(path, history, schema, plan) for path in present), *gone))


def _lives_on(path: Path, history: Sequence[Stage], schema: Schema) -> bool:
    """Whether what stands at a path of the first of these stages stands in the last one, be it at another place."""
    for stage, later in pairwise(history):
        path = carried(path, stage.after, later.after, schema)
    return locate(history[-1].after, path, schema) is not None
