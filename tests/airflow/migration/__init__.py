"""Old airflow.cfg files and the pods that are right for them; held to the code of Airflow 1.10.15."""
