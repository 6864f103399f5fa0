"""Directories, and selections of what is in them, as one file that is made while it is sent."""
