"""
Launching as effects: no I/O, no clock.

One loop: POST; where that left doubt, or met a pod of the same name, look; rest; again. The name is the launch id's alone, so it
is the server that keeps a second pod from being made.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from podcompose.backends.kubernetes.asking import Call, Terms
from podcompose.backends.kubernetes.effects import Ambiguous, Answer, Effects, NotSent
from podcompose.backends.kubernetes.pods import annotations_of, created_at, get, pod_of, post, ref_of
from podcompose.backends.kubernetes.refusals import Verdict, already_exists, judge
from podcompose.core.json import JsonMap
from podcompose.errors import Problem
from podcompose.run import naming
from podcompose.run.errors import Forbidden, LaunchError, Unauthenticated, Unsettled
from podcompose.run.prepare import Prepared, taken
from podcompose.run.protocols import Launched, NotFound

__all__ = ["launch", "settle"]


def launch(
    prepared: Prepared, terms: Terms, now: float, *, dry_run: bool = False, field_validation: str | None = None
) -> Effects[Launched]:
    """
    Have the pod made, once: by this call, or by an earlier one with the same launch id.

    Raises: LaunchError: Unsettled where a pod may be there, the others where none was made by this call.
    """
    this = _Launch(prepared, Call(terms, now))
    posting = post(prepared.namespace, prepared.body, dry_run=dry_run, field_validation=field_validation)
    while True:
        posted = yield from this.call.ask(posting)
        this.attempts += 1
        this.throttled |= isinstance(posted, Answer) and (posted.status == 429 or posted.status >= 500)
        made = pod_of(posted)
        if made is not None:
            return this.launched(made, created=not dry_run, warnings=posted)
        verdict = judge(posted, prepared.composition)
        exists = already_exists(posted)
        this.there = this.there or exists
        if exists or (this.doubt and isinstance(posted, Answer)):
            looked = yield from this.call.ask(get(prepared.namespace, prepared.name))
            found = pod_of(looked)
            if found is not None:
                return this.launched(this.ours(found), created=this.made(found, looked), warnings=posted)
            verdict = this.absent(verdict, looked)
        this.doubt = this.doubt or (verdict.maybe and not dry_run)
        if verdict.again == "never":
            raise this.error(verdict.kind, verdict.problems)
        yield from this.call.rest(verdict)
        if this.call.over:
            raise this.given_up(verdict)


class _Launch:
    """One launch under way."""

    def __init__(self, prepared: Prepared, call: Call) -> None:
        self.call = call
        self.attempts = 0
        self.throttled = False
        #: A POST of this call may have made the pod.
        self.doubt = False
        #: A pod of this name was there, whose it is has not been seen.
        self.there = False
        self._prepared = prepared

    def launched(self, pod: JsonMap, *, created: bool, warnings: Answer | NotSent | Ambiguous) -> Launched:
        texts = warnings.warnings if isinstance(warnings, Answer) else ()
        return Launched(ref_of(pod, self._prepared.namespace), created, texts, self.attempts, self.throttled)

    def ours(self, pod: JsonMap) -> JsonMap:
        """The pod that is there, if it is this launch's; be it on its way out, it is the one."""
        refused = taken(self._prepared, pod)
        if refused is not None:
            raise self.error(type(refused), refused.problems)
        return pod

    def made(self, pod: JsonMap, looked: Answer | NotSent | Ambiguous) -> bool:
        """Whether an unanswered POST of this call made the pod: there was one, and the pod is not surely older."""
        server, created = looked.server_time if isinstance(looked, Answer) else None, created_at(pod)
        if not self.doubt or server is None or created is None:
            return self.doubt
        # Both clocks are the server's, and both are cut to the second.
        return created + timedelta(seconds=1) > server - timedelta(seconds=self.call.now - self.call.began)

    def absent(self, verdict: Verdict, looked: Answer | NotSent | Ambiguous) -> Verdict:
        """
        What a look that found no pod makes of the verdict on the POST.

        A refusal for good stands: a POST of the same bytes that is still on its way would meet the same.
        """
        if isinstance(looked, Answer) and looked.status == 404:
            self.there = False
            if self.doubt and verdict.kind in (Forbidden, Unauthenticated):
                raise self.unsettled(verdict)  # rights that went away after the first POST say nothing of it
            # It was there, and is not: it has just gone.
            return replace(verdict, again="soon") if verdict.problems[0].code == "conflict" else verdict
        seen = judge(looked)
        if seen.again != "never":
            return replace(seen, maybe=False)
        raise self.unsettled(seen) if self.doubt or self.there else self.error(seen.kind, seen.problems)

    def given_up(self, verdict: Verdict) -> LaunchError:
        """The deadline is over, or the backend was closed."""
        if self.doubt or self.there:
            return self.unsettled(verdict)
        return self.error(verdict.kind, (*verdict.problems, self.call.end))

    def unsettled(self, verdict: Verdict) -> LaunchError:
        suggestion = "settle this launch id later; never launch the same work under another"
        message = "whether the pod was made could not be found out"
        problem = Problem("unsettled", "", message, suggestion=suggestion)
        return self.error(Unsettled, (problem, *verdict.problems, self.call.end))

    def error(self, kind: type[LaunchError], problems: tuple[Problem, ...]) -> LaunchError:
        ours = self._prepared
        return kind(problems, launch_id=ours.launch_id, namespace=ours.namespace, name=ours.name, attempts=self.attempts)


def settle(launch_id: str, namespace: str, terms: Terms, now: float) -> Effects[Launched | NotFound]:
    """
    Look for the pod of a launch id.

    Raises: LaunchError: Refused where these credentials may not look, else Unsettled.
    """
    name, call = naming.pod_name(launch_id), Call(terms, now)
    while True:
        looked = yield from call.ask(get(namespace, name))
        found = pod_of(looked)
        if found is not None:
            own = annotations_of(found).get(naming.LAUNCH_ID) == launch_id
            return Launched(ref_of(found, namespace), False, (), call.requests) if own else NotFound(name, namespace)
        if isinstance(looked, Answer) and looked.status == 404:
            return NotFound(name, namespace)
        verdict = judge(looked)
        if verdict.again != "never":
            yield from call.rest(verdict)
        if call.over or verdict.again == "never":
            kind = verdict.kind if verdict.again == "never" else Unsettled
            problems = (*verdict.problems, call.end) if call.over else verdict.problems
            raise kind(problems, launch_id=launch_id, namespace=namespace, name=name, attempts=call.requests)
