"""What looks like a secret, and what does not."""

from __future__ import annotations

import pytest

from podcompose.airflow.migration.reading import Given
from podcompose.airflow.migration.secrets import data_keys, has_password, looks_secret

SECRETS = [
    ("PGPASSWORD", "x"),
    ("MYSQL_PWD", "x"),
    ("DB_PASS", "x"),
    ("dbPassword", "x"),
    ("smtp.password", "x"),
    ("AWS_SECRET_ACCESS_KEY", "x"),
    ("GITHUB_TOKEN", "x"),
    ("SLACK_API_KEY", "x"),
    ("CLIENTSECRET", "x"),
    ("SENTRY_DSN", "x"),
    ("AIRFLOW__CORE__FERNET_KEY", "x"),
    ("AIRFLOW__WEBSERVER__SECRET_KEY", "x"),
    ("AIRFLOW_CONN_DB", "postgres://db"),
    ("AIRFLOW__CELERY__BROKER_URL", "redis://cache"),
    ("AIRFLOW__SECRETS__BACKEND_KWARGS", '{"token": "x"}'),
    ("ANY", "postgresql+psycopg2://me:pw@db/x"),
    ("ANY", "redis://:pw@cache:6379/0"),
    ("ANY", "https://ghp_token@github.com/acme/dags"),
    ("ANY", "http://me:p/w@proxy:3128"),
    ("ANY", "host=db user=me password=pw"),
    ("ANY", '{"secret_key": "pw"}'),
    ("ANY", "AccountName=a;AccountKey=b"),
    ("ANY", "-----BEGIN RSA PRIVATE KEY-----\nMII"),
    ("ANY", "postgresql://$(USER):pw@db/x"),
]
HARMLESS = [
    ("STAGE", "prod"),
    ("TOKENIZERS_PARALLELISM", "4"),
    ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
    ("GOOGLE_APPLICATION_CREDENTIALS", "/keys/key.json"),
    ("PASSWORD_FILE", "/run/secrets/pw"),
    ("SECRET_NAME", "db"),
    ("USE_TOKEN", "true"),
    ("DB_PASSWORD", ""),
    ("DB_PASSWORD", "$(OTHER)"),
    ("DB_PASSWORD", "$(OTHER)-of-$(STAGE)"),
    ("AIRFLOW__SECRETS__BACKEND", "airflow.providers.Vault"),
    ("ANY", "postgresql://$(USER):$(PASSWORD)@db/x"),
    ("ANY", "ssh://git@github.com/acme/dags"),
    ("ANY", "git@github.com:acme/dags.git"),
    ("ANY", "https://example.com:8080/path"),
    ("ANY", "password={{ .Data.password }}"),
    ("COMPASS", "north"),
    ("BYPASS", "all"),
]


@pytest.mark.parametrize(("name", "value"), SECRETS)
def test_a_secret_is_seen(name: str, value: str) -> None:
    """By the words of its name, or by what stands in it."""
    assert looks_secret(name, value)


@pytest.mark.parametrize(("name", "value"), HARMLESS)
def test_what_is_harmless_stays(name: str, value: str) -> None:
    """Places of secrets, names of secrets, references to secrets and words that only resemble them are none."""
    assert not looks_secret(name, value)


def test_a_long_value_is_judged_quickly() -> None:
    """No pattern goes back and forth over a value that is long."""
    long = "a" * 200_000

    assert [has_password(long), has_password("a://b:" * 30_000), looks_secret("X", "token" * 40_000)] == [False, False, False]


def test_a_secret_has_one_key() -> None:
    """The same value under two variables is one key; another value never shares it."""
    one, other = Given("s", "A", "1"), Given("s", "A", "2")

    assert data_keys([("A", one), ("A", one), ("A", other)]) == {one: "A", other: "A-2"}
