"""A model change under load: what people notice of it, beside what they notice when vectors are wiped first."""
