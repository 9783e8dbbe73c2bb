"""Airflow's half of the work: when things run, what waits for what, and who says yes."""
