"""What is told about a fetch: its times, its heads with secrets masked, and the files and lines made of them."""
