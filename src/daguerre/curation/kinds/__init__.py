"""The kinds of memories: what each is about, and which photos it may be made from."""
