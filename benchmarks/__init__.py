"""Every stage beside the limit of the machine it runs on."""
