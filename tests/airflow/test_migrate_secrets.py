"""What looks like a secret, and what does not."""

from __future__ import annotations

import pytest

from podcompose.airflow.migration.reading import Given
from podcompose.airflow.migration.secrets import data_keys, has_password, looks_secret, told_by_its_end

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
    ("DB_PW", "x"),
    ("DBPW", "x"),
    ("SMTPPASS", "x"),
    ("REDISCLI_AUTH", "x"),
    ("HTTP_AUTHORIZATION", "x"),
    ("BEARER", "x"),
    ("AWS_CREDS", "x"),
    ("DATADOG_KEY", "0123456789abcdef0123456789abcdef"),
    ("AIRFLOW__CELERY__RESULT_BACKEND", "db+x"),
    ("postgresql", "//me:pw@db/airflow"),
    ("ANY", "Bearer abcdef0123"),
    ("ANY", "glpat-abcdef0123"),
    ("AIRFLOW__CORE__FERNET_KEY", "x"),
    ("AIRFLOW__WEBSERVER__SECRET_KEY", "x"),
    ("AIRFLOW_CONN_DB", "postgres://db"),
    ("AIRFLOW__CELERY__BROKER_URL", "redis://cache"),
    ("AIRFLOW__SECRETS__BACKEND_KWARGS", '{"token": "x"}'),
    ("ANY", "postgresql+psycopg2://me:pw@db/x"),
    ("ANY", "redis://:pw@cache:6379/0"),
    ("ANY", "https://ghp_token@github.com/acme/dags"),
    ("ANY", "HTTPS://ghp_token@github.com/acme/dags"),
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
    ("AUTH_TYPE", "ldap"),
    ("SORT_KEY", "created"),
    ("TLS_KEY", "/etc/tls/private/server/tls.key"),
    ("SQL_ALCHEMY_CONNECT_ARGS", "airflow_local_settings.args"),
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


METADATA = [
    ("vault-token", "x1", True),
    ("example.com/db-password", "x1", True),
    ("example.com/apiKey", "x1", True),
    ("example.com/api-key", "x1", True),
    ("any", "postgresql://me:pw@db/airflow", True),
    ("any", '{"password": "x1"}', True),
    ("vault.hashicorp.com/agent-inject-secret-db", "database/creds/db", False),
    ("vault.hashicorp.com/agent-inject-token", "true", False),
    ("secret.reloader.stakater.com/reload", "db", False),
    ("eks.amazonaws.com/token-expiration", "3600", False),
    ("", "", False),
]


@pytest.mark.parametrize(("key", "value", "secret"), METADATA)
def test_of_a_key_of_metadata_the_end_counts(key: str, value: str, secret: bool) -> None:
    """Tools for secrets have annotations of their own, which are none."""
    assert told_by_its_end(key, value) == secret


def test_a_long_value_is_judged_quickly() -> None:
    """No pattern goes back and forth over a value that is long."""
    long = "a" * 200_000

    assert [has_password(long), has_password("a://b:" * 30_000), looks_secret("X", "token" * 40_000)] == [False, False, False]
    assert not looks_secret("X", "$(" * 100_000)


def test_a_secret_has_one_key() -> None:
    """The same value under two variables is one key; another value never shares it."""
    one, other = Given("s", "A", "1"), Given("s", "A", "2")

    assert data_keys([("A", one), ("A", one), ("A", other)]) == {one: "A", other: "A-2"}
