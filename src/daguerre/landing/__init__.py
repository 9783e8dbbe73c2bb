"""What lies in a source becomes sealed batches: listed, compared with what is known, written down once."""
