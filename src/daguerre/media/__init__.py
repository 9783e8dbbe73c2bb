"""From the bytes of an original to an upright proxy, its facts and its fingerprints."""
