"""What a user of the KubernetesExecutor brings along; the real Airflow only in environments of its own."""
