"""
What a user of Airflow's KubernetesExecutor brings along: executor_configs, hooks, templates, an old airflow.cfg.

Nothing here imports Airflow.
"""

from podcompose.airflow.compare import compare
from podcompose.airflow.comparison import Comparison, Difference
from podcompose.airflow.differences import ABSENT
from podcompose.airflow.dynamic import executor_pod
from podcompose.airflow.executor_config import from_executor_config, template_file_of
from podcompose.airflow.local_settings import load_pod_mutation_hook
from podcompose.airflow.migration import Item, Migration, Secrets, migrate_config
from podcompose.airflow.operator import OperatorPod, from_operator
from podcompose.airflow.reconcile import AIRFLOW
from podcompose.airflow.starters import STARTERS, Parameter, Starter, starter, starter_parameters

__all__ = [
    "ABSENT",
    "AIRFLOW",
    "STARTERS",
    "Comparison",
    "Difference",
    "Item",
    "Migration",
    "OperatorPod",
    "Parameter",
    "Secrets",
    "Starter",
    "compare",
    "executor_pod",
    "from_executor_config",
    "from_operator",
    "load_pod_mutation_hook",
    "migrate_config",
    "starter",
    "starter_parameters",
    "template_file_of",
]
