"""Kubernetes: scale, jobs, rollout. The only door to the kubernetes client."""
