"""`kubectl patch --local`, by one of its types: the command for what it gives, the library inside it for its time."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from typing import Any

from golang import Program, clock
from lines import Driver, NotSayable, Refusal, missing, serve

from tests.differential.kubectl import SURROUNDINGS, KubectlMissingError, find_kubectl
from tests.oracle.driver import GoMissingError, program

TYPE = sys.argv[1]
#: The type -> the merge of the Go program, and the module that has it.
LIBRARIES = {
    "strategic": ("strategic", "k8s.io/apimachinery"),
    "merge": ("rfc7396", "gopkg.in/evanphx/json-patch.v4"),
    "json": ("json-patch", "gopkg.in/evanphx/json-patch.v4"),
}
MERGE, MODULE = LIBRARIES[TYPE]
#: All of it: of itself it leaves `managedFields` out of what it prints.
PRINTED = ("-o", "json", "--show-managed-fields")


@functools.cache
def libraries() -> Program:
    """The running Go program."""
    try:
        return Program(program())
    except GoMissingError as error:
        raise NotSayable(str(error)) from None


def read(template: Any, override: Any, spelling: str) -> tuple[str, str]:
    """Two texts, as a shell gives them: the pod on standard input, the patch as an argument."""
    return json.dumps(template), json.dumps(override)


def merge(template: str, override: str) -> str:
    """One run of the command."""
    command = [find_kubectl(), "patch", "--local", "-f", "-", f"--type={TYPE}", "-p", override, *PRINTED]
    done = subprocess.run(command, input=template, capture_output=True, text=True, env=SURROUNDINGS)
    if done.returncode != 0:
        # Of a panic the first line says what it was; the rest is where.
        raise Refusal(done.stderr.partition("\ngoroutine")[0].strip()[-2000:])
    return done.stdout


def write(result: str) -> Any:
    """What is printed."""
    return json.loads(result)


def versions() -> dict[str, str]:
    """Of the command, and of the library that is timed in its place."""
    told = subprocess.run([find_kubectl(), "version", "--client", "-o", "json"], capture_output=True, check=True, env=SURROUNDINGS)
    named = {"kubectl": json.loads(told.stdout)["clientVersion"]["gitVersion"].removeprefix("v")}
    try:
        return {**named, **libraries().versions(MODULE)}
    except NotSayable:
        return named


if __name__ == "__main__":
    try:
        serve(Driver(versions(), read, merge, write, time=clock(libraries, MERGE)))
    except KubectlMissingError as error:
        missing(str(error))
