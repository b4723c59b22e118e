"""What is compared with what, and what is to be reached."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["ROWS", "Row"]


class Row(NamedTuple):
    """One line of the results: a job of ours and its peer, both timed in the same rounds."""

    said: str
    environment: str
    ours: str
    peer: str
    #: The ratio ours / peer to reach; in milliseconds, the difference ours - peer. None: only stated.
    target: float | None
    milliseconds: bool = False


_GO_BYTES, _GO_MAPS = "Go bytes to bytes", "Go maps to maps"
_PREPARED, _CHECKED = "prepared template + override mapping to JSON bytes", "JSON bytes in to JSON bytes out, both sides checked"
_TYPED = "V1Pod template, V1Pod override, V1Pod hook to V1Pod"

ROWS = (
    Row(f"{_PREPARED}, orjson", "37", "compose to bytes", _GO_BYTES, 0.2),
    Row(f"{_PREPARED}, standard library", "36", "compose to bytes", _GO_BYTES, 0.8),
    Row(f"{_CHECKED}, orjson", "37", "bytes to bytes", _GO_BYTES, 0.5),
    Row(f"{_CHECKED}, standard library", "36", "bytes to bytes", _GO_BYTES, 1.2),
    Row("merge of a prepared template and a mapping to an independent map", "37", "merge, prepared", _GO_MAPS, 1.5),
    Row("the same of a raw original, which is checked too", "37", "merge, raw", _GO_MAPS, None),
    Row("preparing a template: copied and checked once", "37", "prepare a template", _GO_MAPS, None),
    Row("json alone: both inputs read, the result written", "36", "json alone", _GO_BYTES, None),
    Row("orjson alone: both inputs read, the result written", "37", "orjson alone", _GO_BYTES, None),
    Row(f"{_TYPED}, client 36", "36", "typed", "client's conversions", 1.5),
    Row(f"{_TYPED}, client 37", "37", "typed", "client's conversions", 1.5),
    Row("the same, prepared Template, client 36", "36", "typed, prepared", "client's conversions", None),
    Row("the same, prepared Template, client 37", "37", "typed, prepared", "client's conversions", None),
    Row("V1Pod and V1Pod to V1Pod, no hook", "airflow", "typed, no hook", "Airflow's reconcile_pods", 0.02),
    Row("V1Pod template, override and hook to V1Pod", "airflow", "typed", "Airflow's reconcile_pods", None),
    Row("import podcompose, kubernetes not imported", "37", "import podcompose", "python alone", 50, milliseconds=True),
    Row("merge alone: 2,000 variables against 20", "37", "compose, 2000 variables", "compose, 20 variables", 1.25),
)
