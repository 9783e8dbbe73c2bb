"""Objects under one root: a folder or an S3-compatible prefix, behind one port."""
