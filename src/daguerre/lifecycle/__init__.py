"""What happens to a release between registering and retiring, and who may make it happen."""
