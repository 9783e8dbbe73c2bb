"""What an encoder release is: specification, preprocessing, tokenizer, golden vectors, importers."""
