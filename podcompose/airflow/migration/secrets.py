"""What must not stand in a template in clear: how it is told, and the Secrets that hold it instead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from podcompose.airflow.migration.reading import Given
from podcompose.core.json import JsonMap

__all__ = ["PLACEHOLDER", "Secrets", "data_keys", "has_password", "looks_secret", "only_refers", "refers", "told_by_its_end"]

#: What stands in a skeleton where a value belongs.
PLACEHOLDER = "REPLACE_ME"

#: Words of a name that say its value is a secret, and endings of such words, as in PGPASSWORD; TOKENIZERS is none.
_WORDS = re.compile(
    "PASS|PWD|PW|FERNET|DSN|PAT|JWT|SASL|WEBHOOK|BEARER|AUTHORIZATION|CREDS?|(?:DB|SQL|PG|SMTP|LDAP|SSH|FTP|USER)(?:PASS|PWD|PW)"
    "|[A-Z0-9]*(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|APIKEY|CREDENTIAL)S?"
)
_KEYS = re.compile("API|ACCESS|PRIVATE|SECRET|FERNET|ENCRYPTION|SIGNING|MASTER|ACCOUNT|STORAGE|SSH|AUTH")
_PARTS = re.compile(
    "SQL_ALCHEMY_CONN(?![A-Z])|AIRFLOW_CONN_|BROKER_URL|RESULT_BACKEND|BACKEND_KWARGS|BASIC_AUTH|CONNECTION_STRING|(?:^|_)AUTH$"
)
#: A key whose name does not say what it opens: what nobody writes by hand, and no path.
_LONG = re.compile(r"(?!/)[\w+/=-]{20,}")
#: Names that end so say where a secret is, not what it is.
_PLACES = re.compile("(?:^|_)(?:FILE|PATH|DIR|NAME|CMD|ENABLED|(?<!RESULT_)BACKEND)$")
_HARMLESS = re.compile(r"(?i:true|false|yes|no|on|off|none|null)")

#: A URL with a password, or with a token in the user's place; `git@` is nobody's secret.
_URL = re.compile(r"(?i)(?<=[\w.+-])://[^\s:/@]*:[^\s@]{1,500}@|(?:(?<=http)|(?<=https))://(?!git@)[^\s:/@]+@")
_INSIDE = re.compile(
    r"""(?i)(?:password|passwd|pwd|passphrase|secret|secret_?id|secret_?key|token|api_?key|account_?key)["']?\s*[=:]\s*["']?[^\s"'$<{%]"""
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----|\bbearer\s+[\w+/=.-]{8}|\b(?:gh[oprsu]_|github_pat_|glpat-|xox[abprs]-)\w{8}"
)
_REFERENCE = re.compile(r"\$\([^()]*\)")


def looks_secret(name: str, value: str) -> bool:
    """
    Whether a value is better kept in a Secret, by its name or by what it looks like.

    A false alarm moves a harmless value to a Secret, where it does the same; the other mistake would show a password.

    >>> looks_secret("DB_PASSWORD", "hunter2"), looks_secret("STAGE", "postgresql://airflow:pw@db/airflow")
    (True, True)
    >>> looks_secret("GOOGLE_APPLICATION_CREDENTIALS", "/keys/key.json"), looks_secret("TOKENIZERS_PARALLELISM", "4")
    (False, False)
    """
    plain = _REFERENCE.sub("", value)
    if has_password(plain, name) or _INSIDE.search(plain) is not None:
        return True
    # The kubelet replaces $(NAME) in a value of the pod only, not in one of a Secret.
    return value == plain and value.strip() != "" and _HARMLESS.fullmatch(value.strip()) is None and _named(name, value)


def only_refers(value: str) -> bool:
    """
    Whether a value refers to variables with `$(NAME)`, and holds no secret beside them.

    >>> only_refers("$(TOKEN)"), only_refers("pg://$(USER):$(PASSWORD)@db"), only_refers("pg://$(USER):pw@db"), only_refers("a$(B)")
    (True, True, False, False)
    """
    plain = _REFERENCE.sub("", value)
    return plain != value and (plain == "" or ("://" in plain and not looks_secret("", plain)))


def refers(value: str) -> bool:
    """Whether a value refers to variables with `$(NAME)`, which only the kubelet replaces, and not in a Secret."""
    return _REFERENCE.search(value) is not None


def has_password(value: str, name: str = "") -> bool:
    """
    Whether a value is, or holds, a URL with a password; a URL that stands on a line of its own is taken apart at its `:`.

    >>> has_password("redis://:pw@cache:6379/0"), has_password("ssh://git@github.com/acme/dags")
    (True, False)
    >>> has_password("//me:pw@db/airflow", "postgresql")
    True
    """
    return _URL.search(f"{name}:{value}" if value.startswith("//") else value) is not None


def told_by_its_end(key: str, value: str) -> bool:
    """
    Whether a label or an annotation is a secret: of its key the last word counts, for tools speak of secrets in theirs.

    >>> told_by_its_end("example.com/db-password", "hunter2"), told_by_its_end("vault.example.com/inject-secret-db", "db/creds")
    (True, False)
    """
    words = _words(key)
    return looks_secret("_".join(words[-2:] if words[-1:] == ["KEY"] else words[-1:]), value)


def _words(name: str) -> list[str]:
    upper = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper()
    return [word for word in re.split(r"[^A-Z0-9]+", upper) if word != ""]


def _named(name: str, value: str) -> bool:
    words = _words(name)
    joined = "_".join(words)
    if _PLACES.search(joined) is not None or (joined == "GOOGLE_APPLICATION_CREDENTIALS" and value.startswith("/")):
        return False
    # An access key's id is no secret: it is the name of one.
    keys = words[-2:] != ["KEY", "ID"] and any(word == "KEY" and _KEYS.fullmatch(before) for before, word in pairwise(words))
    long = words[-1:] == ["KEY"] and _LONG.fullmatch(value) is not None
    return keys or long or any(map(_WORDS.fullmatch, words)) or _PARTS.search(joined) is not None


def data_keys(givens: Iterable[tuple[str, Given]]) -> dict[Given, str]:
    """
    A key of a Secret for each value, by the name that is wanted: in the letters that a key may have, and no two alike.

    >>> list(data_keys([("A_B", Given("x", "A_B", "1")), ("A B", Given("x", "A B", "2"))]).values())
    ['A_B', 'A_B-2']
    """
    keys: dict[Given, str] = {}
    for name, given in givens:
        if given not in keys:
            plain = re.sub(r"[^-._a-zA-Z0-9]", "_", name)[:240]
            number = 2
            key = plain
            while key in keys.values():
                key, number = f"{plain}-{number}", number + 1
            keys[given] = key
    return keys


@dataclass(frozen=True, slots=True)
class Secrets:
    """
    The Secrets that the template refers to, or that Airflow 1.10 made; their values are held apart and never shown.

    >>> Secrets("airflow-migrated", {"sql-alchemy-conn": "postgresql://u:pw@db/airflow"})
    Secrets(name='airflow-migrated', keys=['sql-alchemy-conn'], others=[])
    """

    name: str
    values: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    #: Further Secrets by name, each with its key: values that only files hold.
    others: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Names only."""
        return f"Secrets(name={self.name!r}, keys={list(self.values)!r}, others={list(self.others)!r})"

    def manifests(self, *, with_values: bool = False) -> tuple[JsonMap, ...]:
        """
        Each Secret as wire JSON: a skeleton with placeholders, or with the values that are known.

        >>> Secrets("s", {"k": "v"}).manifests()[0]["stringData"]
        {'k': 'REPLACE_ME'}
        """
        own = {key: PLACEHOLDER if value is None or not with_values else value for key, value in self.values.items()}
        data = [(self.name, own)] if own != {} else []
        return tuple(
            _manifest(name, held) for name, held in [*data, *((name, {key: PLACEHOLDER}) for name, key in self.others.items())]
        )

    def text(self, *, with_values: bool = False) -> str:
        """The same as YAML, ready for `kubectl apply -f`; empty where there are none."""
        from podcompose.yaml.reader import write

        return "---\n".join(write(manifest) for manifest in self.manifests(with_values=with_values))


def _manifest(name: str, data: Mapping[str, str]) -> JsonMap:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "type": "Opaque", "stringData": dict(data)}
