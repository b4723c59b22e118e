"""
An old airflow.cfg made a template: Airflow 1.10's options of its KubernetesExecutor, moved with nothing lost.

`options` is the whole list as data; `scanning`, `expanding` and `reading` are how Airflow read them; `pod`, `git`, `sources` and
`parts` make the pod; `judging`, `words` and `report` say what has become of each; `secrets`, `leftover` and `writing` the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from podcompose.airflow.migration.leftover import left_over
from podcompose.airflow.migration.parts import Pod, assembled
from podcompose.airflow.migration.pod import pod_parts
from podcompose.airflow.migration.reading import Settings, read_settings
from podcompose.airflow.migration.report import Item, Status, reported
from podcompose.airflow.migration.scanning import scan
from podcompose.airflow.migration.secrets import Secrets
from podcompose.airflow.migration.sources import key_secrets
from podcompose.airflow.migration.writing import page, template_text
from podcompose.airflow.starters.forms import NAME
from podcompose.airflow.starters.kinds import Wrong, read_value
from podcompose.core.merge import check
from podcompose.dialect import COMPOSE
from podcompose.errors import Finding, TemplateError, a
from podcompose.intake import Origin
from podcompose.template import Template

__all__ = ["Item", "Migration", "Secrets", "Status", "migrate_config"]

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Migration:
    """
    What has become of an airflow.cfg.

    Shapes: `text` is `template` as YAML, with comments; `report` says of every option what it became, once; `leftover` is the
            cfg's own text without the options of the pod and without secrets; `secrets` holds what was in clear.
    """

    template: Template
    text: str = field(repr=False)
    report: tuple[Item, ...] = field(repr=False)
    leftover: str = field(repr=False)
    secrets: Secrets
    source: str = "airflow.cfg"

    @property
    def page(self) -> str:
        """The report as Markdown, for people."""
        return page(self.report, self.source)


def migrate_config(
    text: str | bytes,
    *,
    airflow_home: str | None = None,
    environ: Mapping[str, str] = _NOTHING,
    source: str = "airflow.cfg",
    secret_name: str = "airflow-migrated",
) -> Migration:
    """
    Make a template of what an airflow.cfg of Airflow 1.10 said about the pods of its KubernetesExecutor.

    The pod is what 1.10.15 made, in every field that was right there; secrets become references to the Secret `secret_name`.
    `environ` is the scheduler's environment: its `AIRFLOW__KUBERNETES__...` win over the file, as they did. No command is run,
    no file read. AIRFLOW_HOME is the argument, that of `environ`, that of [core], or /opt/airflow.
    Raises: TemplateError: the cfg cannot be read, or no template can be made of it: everything that is wrong, with its line; or
            no Secret can have the name `secret_name`.
    Source: airflow 1.10.15, executors/kubernetes_executor.py and kubernetes/worker_configuration.py.

    >>> migration = migrate_config('''
    ... [kubernetes]
    ... worker_container_repository = apache/airflow
    ... worker_container_tag = 1.10.15
    ... dags_in_image = True
    ... git_barnch = main
    ... ''')
    >>> migration.template.manifest["spec"]["containers"][0]["image"]
    'apache/airflow:1.10.15'
    >>> [item.why for item in migration.report if item.option == "git_barnch"]
    ['no Airflow has an option of that name; did you mean `git_branch`?']
    """
    _refuse(_misnamed(secret_name), source)
    cfg = _read(text, source)
    scanned = scan(cfg)
    settings, found = read_settings(scanned, environ, airflow_home)
    _refuse([*scanned.found, *found], source)
    pod = assembled(pod_parts(settings), secret_name)
    _refuse(_misfits(pod), source)
    rest = left_over(cfg, scanned)
    written = template_text(pod, source)
    template = Template.from_yaml(written, "pod_template.yaml", name=source)
    report = reported(scanned, settings, pod, rest.withheld)
    return Migration(template, written, report, rest.text, _secrets(settings, pod), source)


def _read(text: str | bytes, source: str) -> str:
    """The text; bytes are UTF-8, as everywhere in Airflow."""
    finding = Finding("bad-text", ".", f"an airflow.cfg is text, not {a(type(text).__name__)}")
    if isinstance(text, (bytes, str)):
        raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            finding = Finding("bad-text", ".", "this line is not UTF-8", "save the file as UTF-8", line=line)
    raise TemplateError([Origin("template", "", source).problem(finding, {})])


def _misnamed(secret: str) -> list[Finding]:
    """What is wrong with a Secret's name; a template that refers to such a one is refused by every API server."""
    name = read_value(NAME, secret)
    if isinstance(name, Wrong):
        return [Finding("bad-parameter", ".", f"secret_name: {name.message}", name.suggestion)]
    return []


def _refuse(found: list[Finding], source: str) -> None:
    if found != []:
        found = sorted(found, key=lambda finding: finding.line or 0)
        raise TemplateError(Origin("template", "", source).problems(found, {}))


def _misfits(pod: Pod) -> list[Finding]:
    """What the schema says against the pod, at the lines of the options that it came from."""
    return [_at_its_option(finding, pod) for finding in check(pod.manifest, COMPOSE).found]


def _at_its_option(finding: Finding, pod: Pod) -> Finding:
    """A finding at the option that the place came from, or what is around it, or in it."""
    around = [finding.raw[:length] for length in range(len(finding.raw), -1, -1)]
    inside = [path for path in pod.origins if path[: len(finding.raw)] == finding.raw]
    givens = next((pod.origins[path] for path in [*around, *inside] if path in pod.origins), ())
    if givens == ():
        return finding
    given = givens[0]
    name = given.variable or f"[{given.section}] {given.name}"
    return finding._replace(message=f"{name}: {finding.message}", line=given.line)


def _secrets(settings: Settings, pod: Pod) -> Secrets:
    values = {key: given.text if given.text != "" else None for key, given in pod.sealed.items()}
    return Secrets(pod.secret, values, dict.fromkeys(key_secrets(settings["gcp_service_account_keys"]), "key.json"))
