"""Answers to test clients against. They write nothing, and nothing of what they echo can run in a browser."""
