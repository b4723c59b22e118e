"""
Airflow's own reading of templates, and its worker: JSON lines in, JSON lines out.

A question is {"template": text}, answered with the pod that the executor makes of it, or {"env": {name: value}}, answered with what
a worker with this environment and no other of Airflow's first asks an execution API for.
"""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
import uuid
from pathlib import Path
from typing import ClassVar

from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator


def constructed(template):
    """The pod of one task, over a template of this text."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.yaml"
        path.write_text(template)
        read = PodGenerator.deserialize_model_file(str(path))
    pod = PodGenerator.construct_pod(
        dag_id="dag",
        task_id="task",
        pod_id="dag-task-1",
        try_number=1,
        kube_image=None,
        date=None,
        args=["run"],
        pod_override_object=None,
        base_worker_pod=read,
        namespace="tasks",
        scheduler_job_id="7",
    )
    return PodGenerator.serialize_pod(pod)


class Listener(http.server.BaseHTTPRequestHandler):
    """Notes what is asked for, and has nothing."""

    asked: ClassVar[list] = []

    def answer(self):
        """Whatever it is."""
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.asked.append([self.command, self.path, self.headers.get("authorization")])
        self.send_response(404)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(b'{"detail": "nothing"}')

    do_GET = do_PATCH = do_POST = do_PUT = answer  # noqa: N815 # what the standard library calls

    def log_message(self, *_):
        """Say nothing."""


WORKLOAD = {
    "type": "ExecuteTask",
    "token": "a-token",
    "dag_rel_path": "dag.py",
    "bundle_info": {"name": "dags-folder", "version": None},
    "log_path": "task.log",
    "ti": {
        "id": str(uuid.UUID(int=7)),
        "dag_version_id": str(uuid.UUID(int=8)),
        "task_id": "task",
        "dag_id": "dag",
        "run_id": "run",
        "try_number": 1,
        "map_index": -1,
        "pool_slots": 1,
        "queue": "default",
        "priority_weight": 1,
    },
}


def asked(env):
    """What a worker of this environment asks for; `SERVER` in it stands for the address of a server that is there."""
    with (
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener) as server,
        tempfile.TemporaryDirectory() as home,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        around = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
        own = {name: value.replace("SERVER", f"127.0.0.1:{server.server_port}") for name, value in env.items()}
        command = [sys.executable, "-m", "airflow.sdk.execution_time.execute_workload", "--json-string", json.dumps(WORKLOAD)]
        subprocess.run(command, env={**around, "AIRFLOW_HOME": home, **own}, capture_output=True, timeout=120, check=False)
        server.shutdown()
    return Listener.asked


for line in sys.stdin:
    question = json.loads(line)
    print(json.dumps(constructed(question["template"]) if "template" in question else asked(question["env"])))
