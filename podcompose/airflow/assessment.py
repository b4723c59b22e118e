"""All templates with all executor_configs: how many pods change, and every finding once, with the pods that have it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath
from typing import Any, NamedTuple, get_args

from podcompose.airflow.compare import Viewed, compare_viewed
from podcompose.airflow.comparison import Comparison, Outlook
from podcompose.airflow.configs import Config
from podcompose.airflow.reasons import GROUPS, Group
from podcompose.errors import Problem
from podcompose.hook import Hook

__all__ = ["OUTLOOKS", "Observation", "Pair", "is_calm", "observations", "pairs", "summary"]

OUTLOOKS: tuple[Outlook, ...] = get_args(Outlook)[::-1]


#: What is laid over the templates where there are no configs: nothing.
_NONE = Config("no executor_config", None, (), None)


class Pair(NamedTuple):
    """One template with one executor_config."""

    template: str
    config: str
    comparison: Comparison

    def to_dict(self) -> dict[str, Any]:
        """For programs."""
        return {"template": self.template, "config": self.config, **self.comparison.to_dict()}


class Observation(NamedTuple):
    """What was found in one pod, or in several alike."""

    group: Group
    text: str
    #: The pods that have it, as (template, config).
    pods: tuple[tuple[str, str], ...]


def pairs(templates: Sequence[Viewed], configs: Sequence[Config], hooks: Sequence[Hook]) -> Iterator[Pair]:
    """Every template with every config, or alone; a config that asks for a template of its own with that alone."""
    for config in configs or (_NONE,):
        wanted = [template for template in templates if _suits(template, config)]
        for template in wanted:
            yield Pair(template.name, config.name, _compared(template, config, hooks))
        if wanted == []:
            message = f"it asks for the template {config.template_file!r}, which is not among those compared"
            problem = Problem("unknown-template", "", message, "override", config.name, suggestion="name its folder")
            yield Pair(str(config.template_file), config.name, Comparison(None, None, (), (problem,)))


def _suits(template: Viewed, config: Config) -> bool:
    return config.template_file is None or PurePath(template.name).name == PurePath(config.template_file).name


def _compared(template: Viewed, config: Config, hooks: Sequence[Hook]) -> Comparison:
    if config.problems != ():
        return Comparison(None, None, (), (*template.problems, *config.problems), template.failures)
    return compare_viewed(template, config.override, hooks)


def summary(every: Iterable[Pair]) -> dict[Outlook, int]:
    """How many pods come to what, the best first."""
    counts = Counter(pair.comparison.outlook for pair in every)
    return {outlook: counts[outlook] for outlook in OUTLOOKS}


def is_calm(every: Iterable[Pair]) -> bool:
    """Whether there is nothing to look at."""
    return all(pair.comparison.outlook in ("equal", "harmless", "improved") for pair in every)


def observations(every: Iterable[Pair]) -> tuple[Observation, ...]:
    """Everything that was found, once: the gravest first, refusals before differences, then what most pods have."""
    found: dict[tuple[int, str], dict[tuple[str, str], None]] = {}
    for pair in every:
        for rank, text in _texts(pair.comparison):
            found.setdefault((rank, text), {})[pair.template, pair.config] = None
    ordered = sorted(found.items(), key=lambda one: (one[0][0], -len(one[1])))
    return tuple(Observation(GROUPS[max(rank, 0)], text, tuple(pods)) for (rank, text), pods in ordered)


def _texts(comparison: Comparison) -> Iterator[tuple[int, str]]:
    """Each finding with its rank: that of its group, and of a refusal the one before."""
    for text in comparison.refusals:
        yield -1, text
    for difference in comparison.differences:
        yield GROUPS.index(difference.group), str(difference)
