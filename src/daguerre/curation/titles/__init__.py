"""What a memory is called and why it is shown, in plain words of one locale."""
