"""`make demo`: pods of three people, composed and run on this machine: one succeeds, one fails, one is refused for its typos."""

from __future__ import annotations

import os
import re
import sys
import timeit
from collections.abc import Iterator
from pathlib import Path

from podcompose import Composition, Explanation, Override, PodComposeError, Template, compose
from podcompose.backends import LocalBackend
from podcompose.run import Outcome, run

COLOURS = {"good": "32", "override": "32", "hook": "35", "bold": "1", "error": "31", "template": "2"}

TYPOS = """\
spec:
  containers:
  - name: base
    resourcs: {limits: {cpu: 1}}
    env:
    - {name: DEBUG, value: yes}
  node_selector: {pool: gpu}
"""


def main() -> None:
    """The demonstration."""
    os.chdir(Path(__file__).parent)
    sys.path.insert(0, "")
    from admin_hook import harden

    template = Template.from_file("worker.yaml")
    override = Override.from_file("team-a.yaml", name="team-a")
    print(painted("Three people, one pod", "bold"))
    print("  template  worker.yaml           the cluster's admin: what every Airflow worker looks like")
    print("  override  team-a.yaml           a team: its image, a secret, a GPU; one label less")
    print("  hook      admin_hook.py:harden  the admin again: no privileges; has the last word")
    print(f"\n{painted('What others than the template set, and where', 'bold')}   (podcompose explain shows all of it)")
    for line in changed(compose(template, override, hook=harden)):
        print(f"  {line}")
    print(
        f"\n{painted('Launched once, followed to the end', 'bold')}   (here as processes; KubernetesBackend takes the same calls)"
    )
    launch(Template.from_file("task.yaml"), Override.from_file("orders.yaml", name="orders"))
    print(f"\n{painted('What three slips in an override give: no pod', 'bold')}")
    for problem in slips(template):
        print(painted(f"  {problem}", "error"))
    print(f"\n{painted('How long it takes', 'bold')}")
    print(
        f"  {measured(template, override):.0f} microseconds: team-a over the template that is read already, to the bytes of the pod"
    )


def launch(template: Template, orders: Override) -> None:
    """One pod that succeeds, one that fails, and one that was there already."""
    with LocalBackend() as backend:
        for launch_id, composition in (("load/customers", compose(template)), ("load/orders", compose(template, orders))):
            outcome = run(backend, composition, launch_id=launch_id)
            print(f"  {launch_id:<16}{painted(said(outcome), 'good' if outcome.kind == 'Succeeded' else 'error')}")
        again = backend.launch(compose(template), launch_id="load/customers")
        print(f"  load/customers  launched again: {'a second pod!' if again.created else f'there is one already, {again.ref}'}")


def said(outcome: Outcome) -> str:
    """An outcome in a few words."""
    if outcome.cause is None:
        return outcome.kind
    last = (outcome.message or "").splitlines()[-1:]
    return f"{outcome.kind}: {outcome.cause.kind} {outcome.exit_code} of container {outcome.container}: {' '.join(last)}"


def changed(composition: Composition) -> Iterator[str]:
    """The lines of the pod that the template has not set, those they belong to, and what is gone."""
    view = composition.explain()
    width = max(len(line.text) for line in view.lines)
    shown: set[int] = set()
    for place, line in enumerate(view.lines):
        if line.explanation is not None and line.explanation.stage != "template":
            shown |= {place, *above([line.text for line in view.lines[:place]], depth_of(line.text))}
    for place in sorted(shown):
        text, explanation = view.lines[place].text, view.lines[place].explanation
        if explanation is None:
            yield text
        else:
            yield painted(f"{text:<{width}}  # {by(explanation)}", explanation.stage or "")
    for gone in view.removed:
        yield painted(f"# removed: {gone.path} by {by(gone)}: {gone.steps[-1].reason}", "error")


def by(explanation: Explanation) -> str:
    """Who had the last word on a field, and where."""
    where = f"{Path(explanation.source or '').name}:{explanation.line}"
    return " ".join(part for part in (explanation.stage, explanation.who, where) if part)


def above(texts: list[str], depth: int) -> Iterator[int]:
    """The places of the lines that a line belongs to."""
    for place in reversed(range(len(texts))):
        if depth_of(texts[place]) < depth:
            depth = depth_of(texts[place])
            yield place


def depth_of(text: str) -> int:
    """How deep a line of YAML is; the elements of a list are deeper than its name, if not further to the right."""
    bare = text.lstrip(" ")
    return 2 * (len(text) - len(bare)) + bare.startswith("- ")


def slips(template: Template) -> Iterator[str]:
    """All that is wrong with an override, at once."""
    try:
        compose(template, Override.from_yaml(TYPOS, name="team-b", source="team-b.yaml"))
    except PodComposeError as error:
        yield from map(str, error.problems)


def measured(template: Template, override: Override) -> float:
    """Microseconds to compose one pod, the best of some tries."""
    times = timeit.repeat(lambda: compose(template, override).json, number=500, repeat=5)
    return min(times) / 500 * 1e6


def painted(text: str, what: str) -> str:
    """Text in colour, where standard output is a terminal that wants it."""
    plain = not sys.stdout.isatty() or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return text if plain or what not in COLOURS else re.sub(r".+", f"\x1b[{COLOURS[what]}m\\g<0>\x1b[0m", text)


if __name__ == "__main__":
    main()
