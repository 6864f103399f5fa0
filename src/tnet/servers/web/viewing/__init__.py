"""What is in a file, as a page: prose, code, pictures, sounds, films, bytes. Everything here may block."""
