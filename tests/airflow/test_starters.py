"""The starters: whole templates as they are shipped, and as parameters make them."""

from __future__ import annotations

import pickle
import re
import sys
import zipfile
from pathlib import Path
from subprocess import run
from typing import Any

import pytest
from hypothesis import given as generated

from podcompose import Override, Template, TemplateError, UnknownTemplateError, compose
from podcompose.airflow import STARTERS, starter, starter_parameters
from podcompose.airflow.starters.outlines import PARTS
from podcompose.core.path import parse_path
from podcompose.core.select import locate, resolve
from podcompose.schema.pod import POD
from podcompose.yaml.keyed import keyed_comments
from tests.airflow.starters import OTHER, choices, given, other
from tests.environments import ROOT

FOLDER = ROOT / "podcompose" / "airflow" / "starters"
NAMES = sorted(STARTERS)


def at(manifest: Any, path: str) -> Any:
    """What stands at a path; None if nothing."""
    raw = locate(manifest, resolve(parse_path(path), POD), POD)
    for step in raw if raw is not None else ():
        manifest = manifest[step]
    return manifest if raw is not None else None


def env(manifest: Any, container: str = ".spec.containers[name=base]") -> dict[str, Any]:
    """The environment of a container: values, and for references the Secret and its key."""
    found = {}
    for one in at(manifest, f"{container}.env") or []:
        reference = one.get("valueFrom", {}).get("secretKeyRef", {})
        found[one["name"]] = one["value"] if "value" in one else (reference.get("name"), reference.get("key"))
    return found


GIT = ".spec.initContainers[name=git-sync]"


class TestFiles:
    """What lies in the wheel."""

    @pytest.mark.parametrize("name", NAMES)
    def test_a_data_file_is_a_template_that_begins_with_comments(self, name: str) -> None:
        """Each file is a whole pod without a finding, its container `base` first, and says at its top what it is."""
        file = FOLDER / f"{name}.yaml"
        manifest = Template.from_file(file).manifest

        assert len(keyed_comments(file.read_text())[()].splitlines()) > 8
        assert (manifest["kind"], manifest["apiVersion"], manifest["spec"]["containers"][0]["name"]) == ("Pod", "v1", "base")

    @pytest.mark.parametrize("name", NAMES)
    def test_a_data_file_is_the_starter_by_its_defaults_to_the_byte(self, name: str) -> None:
        """Without parameters the text is the file: no default is said twice and differently."""
        assert starter(name).text == (FOLDER / f"{name}.yaml").read_text()

    @pytest.mark.parametrize("name", NAMES)
    def test_every_part_of_a_file_is_explained(self, name: str) -> None:
        """The fields a newcomer will ask about have a comment of their own, and no line is longer than a screen."""
        text = (FOLDER / f"{name}.yaml").read_text()

        assert len(keyed_comments(text)) >= 10
        assert [line for line in text.splitlines() if len(line) > 132] == []

    def test_there_are_the_files_that_the_data_names(self) -> None:
        """A file for each starter and each part, and no other."""
        assert sorted(file.stem for file in FOLDER.glob("*.yaml")) == NAMES
        assert sorted(file.name for file in (FOLDER / "parts").iterdir()) == sorted(part.file for part in PARTS)

    def test_the_wheel_has_them_all(self, tmp_path: Path) -> None:
        """A wheel built of this checkout holds every data file."""
        done = run(
            [sys.executable, "-m", "uv", "--quiet", "build", "--wheel", "--out-dir", str(tmp_path), str(ROOT)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        (wheel,) = tmp_path.glob("*.whl")
        shipped = {name for name in zipfile.ZipFile(wheel).namelist() if "/starters/" in name}

        assert {str(file.relative_to(ROOT)) for file in FOLDER.rglob("*.yaml")} <= shipped


class TestValues:
    """Where parameters go."""

    @generated(given())
    def test_any_valid_values_give_a_template_with_the_values_in_their_places(self, drawn: tuple[str, dict[str, Any]]) -> None:
        """The text reads back as the composed pod without a finding, and every value that was given stands where it belongs."""
        name, values = drawn
        made = starter(name, **values)
        manifest = Template.from_yaml(made.text).manifest

        assert manifest == made.composition.manifest == made.template.manifest
        for one in starter_parameters(name):
            if one.name in values and one.places != ():
                assert any(_stands(manifest, place.path, place.form, values[one.name]) for place in one.places)

    @pytest.mark.parametrize("name", NAMES)
    def test_every_parameter_has_a_value_that_is_no_default_and_changes_the_pod(self, name: str) -> None:
        """No parameter is without effect, alone or with what it needs."""
        needed = {"fernet_secret": {"airflow": "2"}, "metadata_secret": {"airflow": "2"}, "ssh_key": {"ssh_secret": "k"}}
        idle = []
        for one in starter_parameters(name):
            least = needed.get(one.name, {})
            if starter(name, **least, **{one.name: OTHER[one.name]}).text == starter(name, **least).text:
                idle.append(one.name)

        assert idle == []

    def test_a_release_names_everything_that_is_named_after_it(self) -> None:
        """With another release no name of the default one is left."""
        text = starter("everything", release="prod", airflow=2).text
        lines = [line for line in text.splitlines() if not line.strip().startswith("#")]
        found = {word for line in lines for word in re.findall(r"prod[-\w]*", line)}

        assert {"prod-fernet-key", "prod-airflow-metadata", "prod-airflow-config", "prod-worker-serviceaccount"} <= found
        assert {"prod-logs", "prod-registry", "prod-env", "prod-connections", "prod"} <= found
        assert [line for line in lines if re.search(r"name: airflow-(?!logs|config|dags|worker|local-settings)", line)] == []

    def test_names_are_written_with_dashes_or_underscores(self) -> None:
        """Of the starter, and of its parameters."""
        assert starter("git-sync", **{"git-sync": 3}) == starter("git_sync", git_sync="3")

    def test_the_composition_says_which_parameter_set_what(self) -> None:
        """An explanation names the parameter and its value."""
        made = starter("dags_in_volume", release="prod", claim="shared")

        assert "claim=shared" in str(made.composition.explain(".spec.volumes[name=airflow-dags].persistentVolumeClaim.claimName"))

    @pytest.mark.parametrize("name", NAMES)
    def test_an_executor_s_override_finds_the_container_by_its_name(self, name: str) -> None:
        """What the executor lays over a template meets `base`, and nothing is doubled."""
        executor = {
            "metadata": {"name": "dag-task-1", "labels": {"dag_id": "dag"}},
            "spec": {"containers": [{"name": "base", "image": "mine", "args": ["airflow"], "env": [{"name": "A", "value": "b"}]}]},
        }
        before = starter(name).template.manifest
        manifest = compose(starter(name).template, Override(executor, name="executor")).manifest

        assert [one["name"] for one in manifest["spec"]["containers"]] == ["base"]
        assert len(at(manifest, ".spec.containers[name=base].env")) == len(at(before, ".spec.containers[name=base].env")) + 1
        assert (manifest["metadata"]["name"], manifest["spec"]["containers"][0]["image"]) == ("dag-task-1", "mine")


def _stands(manifest: Any, path: str, form: Any, value: Any) -> bool:
    found = at(manifest, path)
    text = form.replace("{}", str(value)) if isinstance(form, str) else value
    return str(found) == text or (not isinstance(form, str) and str(value) in str(found))


class TestShapes:
    """What differs by version."""

    def test_a_worker_of_airflow_3_has_the_api_server_and_no_database(self) -> None:
        """It reaches Airflow by the execution API alone: no connection, no key."""
        found = env(starter("dags_in_image", release="prod").template.manifest)

        assert found == {
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": "http://prod-api-server:8080/execution/",
        }

    def test_a_worker_of_airflow_2_has_the_database_and_the_key(self) -> None:
        """Both from Secrets, as the provider's own examples have them."""
        found = env(starter("dags_in_image", release="prod", airflow=2).template.manifest)

        assert found == {
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__FERNET_KEY": ("prod-fernet-key", "fernet-key"),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": ("prod-airflow-metadata", "connection"),
            "AIRFLOW_CONN_AIRFLOW_DB": ("prod-airflow-metadata", "connection"),
        }

    @pytest.mark.parametrize("name", ["git_sync", "everything"])
    def test_git_sync_3_and_4_say_the_same_by_their_own_names(self, name: str) -> None:
        """Names of the two never stand side by side, for which wins depends on git-sync's version."""
        values = {"repo": "https://h/r.git", "ref": "v1", "depth": 5}
        three, four = (starter(name, git_sync=version, **values).template.manifest for version in (3, 4))
        renamed = {"GIT_SYNC_BRANCH": "GITSYNC_REF", "GIT_SYNC_DEST": "GITSYNC_LINK"}
        translated = {renamed.get(one, one.replace("GIT_SYNC_", "GITSYNC_")): value for one, value in env(three, GIT).items()}

        assert translated == env(four, GIT)
        assert env(four, GIT) == {
            "GITSYNC_REPO": "https://h/r.git",
            "GITSYNC_REF": "v1",
            "GITSYNC_DEPTH": "5",
            "GITSYNC_ROOT": "/git",
            "GITSYNC_LINK": "repo",
            "GITSYNC_ADD_USER": "true",
            "GITSYNC_ONE_TIME": "true",
        }
        assert [at(one, f"{GIT}.image").rpartition(":")[2][:2] for one in (three, four)] == ["v3", "v4"]

    def test_a_private_key_is_read_by_git_sync_alone(self) -> None:
        """Its volume is mounted into the init container, readable by its group, and not into the task's."""
        for version, variable in ((3, "GIT_SSH_KEY_FILE"), (4, "GITSYNC_SSH_KEY_FILE")):
            manifest = starter("git_sync", repo="git@h:r.git", git_sync=version, ssh_secret="k", ssh_key="id").template.manifest

            assert env(manifest, GIT)[variable] == "/etc/git-secret/ssh"
            assert at(manifest, f"{GIT}.volumeMounts[mountPath=/etc/git-secret/ssh].subPath") == "id"
            assert at(manifest, ".spec.volumes[name=git-sync-ssh-key].secret") == {"secretName": "k", "defaultMode": 0o440}
            assert "git-sync-ssh-key" not in str(manifest["spec"]["containers"])

    def test_hosts_are_verified_only_where_their_keys_are_given(self) -> None:
        """Without the known keys the check is off, in words; with them it is on."""
        for version, variable in ((3, "GIT_KNOWN_HOSTS"), (4, "GITSYNC_SSH_KNOWN_HOSTS")):
            found = [
                env(starter("git_sync", git_sync=version, ssh_secret="k", **more).template.manifest, GIT)[variable]
                for more in ({}, {"known_hosts": "h"})
            ]

            assert found == ["false", "true"]

    def test_a_password_comes_from_a_secret(self) -> None:
        """The keys are the variables' own names."""
        found = env(starter("git_sync", credentials_secret="c").template.manifest, GIT)

        assert (found["GITSYNC_USERNAME"], found["GITSYNC_PASSWORD"]) == (("c", "GITSYNC_USERNAME"), ("c", "GITSYNC_PASSWORD"))

    def test_a_claim_takes_the_place_of_the_empty_volume(self) -> None:
        """One source, not two."""
        assert at(starter("git_sync", logs_claim="l").template.manifest, ".spec.volumes[name=airflow-logs]") == {
            "name": "airflow-logs",
            "persistentVolumeClaim": {"claimName": "l"},
        }

    @pytest.mark.parametrize(("subpath", "mounted"), [("", "repo/"), ("a/b", "repo/a/b")])
    def test_dags_may_be_anywhere_in_the_repository(self, subpath: str, mounted: str) -> None:
        """Also at its top."""
        manifest = starter("git_sync", subpath=subpath).template.manifest

        assert at(manifest, ".spec.containers[name=base].volumeMounts[mountPath=/opt/airflow/dags].subPath") == mounted

    @pytest.mark.parametrize("name", NAMES)
    def test_all_choices_keep_the_comments(self, name: str) -> None:
        """What was said at the top stays, and a comment stands for every variable that needs one."""
        without = {"credentials_secret": None} if name in ("git_sync", "everything") else {}
        for chosen in choices(name):
            comments = keyed_comments(starter(name, **{**other(name, **chosen), **without}).text)

            assert comments[()] == keyed_comments((FOLDER / f"{name}.yaml").read_text())[()]
            assert len(comments) >= 9

    def test_comments_come_and_go_with_what_they_are_about(self) -> None:
        """A part brings its own, in place of what was said of the same thing; what is said of something gone goes."""
        old = starter("git_sync", airflow=2, git_sync=3, ssh_secret="k", known_hosts="h").text

        assert "no fernet key" in starter("git_sync").text
        assert "no fernet key" not in old
        assert "# With this key the task reads" in old
        assert "# The names are those of git-sync 3 (GIT_SYNC_*).\n" in old
        assert "those of git-sync 4" not in old
        assert "better give its keys" not in old
        assert "# Only the git server whose key is known is believed.\n    - name: GIT_KNOWN_HOSTS\n" in old


class TestErrors:
    """What is refused, and how."""

    def test_everything_wrong_is_told_at_once(self) -> None:
        """Unknown names, wrong values and contradictions in one error, each with its parameter."""
        with pytest.raises(TemplateError) as caught:
            starter(
                "everything",
                relase="x",
                repo="not a url",
                airflow=4,
                probe="yes",
                cpu_request="4",
                ssh_secret="a",
                credentials_secret="b",
            )
        found = [(one.code, one.path) for one in caught.value.problems]

        assert found == [
            ("unknown-parameter", ""),
            ("bad-parameter", "repo"),
            ("bad-parameter", "airflow"),
            ("bad-parameter", "probe"),
            ("bad-parameter", "ssh-secret"),
            ("bad-parameter", "cpu-request"),
        ]

    @pytest.mark.parametrize(
        ("written", "meant"), [("relase", "release"), ("branch", "ref"), ("sub-path", "subpath"), ("Repo", "repo"), ("uid", "user")]
    )
    def test_an_unknown_parameter_is_told_with_the_one_that_was_meant(self, written: str, meant: str) -> None:
        """By its letters, or by what others call it."""
        with pytest.raises(TemplateError) as caught:
            starter("git_sync", **{written: "x"})

        assert caught.value.problems[0].suggestion == f"did you mean {meant!r}?"

    @pytest.mark.parametrize("name", ["git-snc", "", "a/../b", 7, None])
    def test_an_unknown_starter_is_told_with_those_there_are(self, name: Any) -> None:
        """Whatever is asked for."""
        with pytest.raises(UnknownTemplateError, match="there are: dags_in_image, git_sync, dags_in_volume, everything"):
            starter(name)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("release", "My-Release"),
            ("release", "a.b"),
            ("release", "-a"),
            ("release", ""),
            ("release", "a" * 64),
            ("release", "ä"),
            ("release", "a\n"),
            ("release", 5),
            ("release", True),
            ("release", ["a"]),
            ("airflow", "1"),
            ("airflow", True),
            ("image", "two words"),
            ("image", ""),
            ("image", "host/Upper/case"),
            ("repo", "github.com/team/dags"),
            ("repo", "https://user:secret@host/r.git"),
            ("repo", "HTTPS://user:secret@host/r.git"),
            ("repo", "https://secret@host/r.git"),
            ("repo", "-oProxyCommand=x@h:y"),
            ("ref", "-x"),
            ("ref", "a b"),
            ("ref", "a..b"),
            ("subpath", "/abs"),
            ("subpath", "../up"),
            ("subpath", "a/../b"),
            ("subpath", ".."),
            ("depth", -1),
            ("depth", "1.5"),
            ("depth", "٣"),
            ("depth", False),
            ("git_sync", 5),
            ("user", 0),
            ("group", 2**31),
            ("ssh_key", ".."),
            ("cpu_request", "0.0001"),
            ("cpu_limit", "1Gi"),
            ("memory_limit", "500m"),
            ("memory_limit", "1.0001Ki"),
            ("memory_limit", "-1Gi"),
            ("memory_limit", "1GB"),
            ("pool", "not/a/value"),
            ("probe", 1),
            ("probe", "maybe"),
            ("grace", "10s"),
            ("api_server", "airflow:8080"),
        ],
    )
    def test_a_wrong_value_is_refused(self, name: str, value: Any) -> None:
        """One finding, of that parameter, that shows no password."""
        with pytest.raises(TemplateError) as caught:
            starter("everything", **{name: value})
        (problem,) = caught.value.problems

        assert (problem.code, problem.path, problem.who) == ("bad-parameter", name.replace("_", "-"), "everything")
        assert "secret@" not in str(problem)

    @pytest.mark.parametrize(
        "values",
        [
            {"metadata_secret": "x"},
            {"fernet_secret": "x"},
            {"api_server": "http://x/", "airflow": 2},
            {"ssh_key": "x"},
        ],
    )
    def test_a_value_that_goes_nowhere_is_refused(self, values: dict[str, Any]) -> None:
        """With what it would take for it to go somewhere."""
        with pytest.raises(TemplateError, match=r"nothing in this pod has a use for it .*; it goes with "):
            starter("git_sync", **values)

    def test_a_commit_is_for_git_sync_4(self) -> None:
        """Git-sync 3 would look for a branch of that name."""
        commit = "0123456789abcdef0123456789abcdef01234567"
        assert env(starter("git_sync", ref=commit).template.manifest, GIT)["GITSYNC_REF"] == commit

        with pytest.raises(TemplateError, match="take git-sync=4"):
            starter("git_sync", ref=commit, git_sync=3)

    def test_a_parameter_is_given_once(self) -> None:
        """With dashes and with underscores it is given twice."""
        with pytest.raises(TemplateError, match="given twice"):
            starter("git_sync", **{"git-sync": 3, "git_sync": 4})

    def test_numbers_of_python_are_taken(self) -> None:
        """As somebody would type them; for text they are refused with how to write it."""
        made = starter("everything", cpu_limit=2.5, cpu_request=1, memory_limit=2**31, airflow=3, user=1001)

        assert at(made.template.manifest, ".spec.containers[name=base].resources.limits.cpu") == "2.5"
        assert pickle.loads(pickle.dumps(made)) == made
        with pytest.raises(TemplateError, match="write it as text: '7'"):
            starter("everything", release=7)

    def test_none_is_as_if_not_given(self) -> None:
        """For callers who pass on what they have."""
        assert starter("git_sync", ssh_secret=None, release=None) == starter("git_sync")


_COMMENTED = """\
spec:
  containers:
  # main
  - name: a
    ports:
    # dns
    - containerPort: 53
  tolerations:
  # first
  - key: x
"""


def test_comments_of_elements_follow_their_keys() -> None:
    """A comment belongs to the element of that key, wherever it stands, and to a place where elements have none."""
    paths = list(keyed_comments(_COMMENTED))

    assert [str(path[-1]) for path in paths] == [
        "Key(fields=(('name', 'a'),))",
        "Key(fields=(('containerPort', 53), ('protocol', 'TCP')))",
        "0",
    ]
