"""What runs inside the environments of old Airflows: only the standard library, the client, and one module of Airflow."""
