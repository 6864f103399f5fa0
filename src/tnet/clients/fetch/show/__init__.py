"""What of an exchange is shown on standard output, and how. Knows no terminal but as a descriptor."""
