"""What runs inside the environment of Airflow's newest provider: only the standard library, the client and the provider."""
