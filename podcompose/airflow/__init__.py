"""
What a user of Airflow's KubernetesExecutor brings along: executor_configs, hooks, templates, an old airflow.cfg.

Nothing here imports Airflow.
"""

from podcompose.airflow.executor_config import from_executor_config, template_file_of
from podcompose.airflow.reconcile import AIRFLOW

__all__ = ["AIRFLOW", "from_executor_config", "template_file_of"]
