"""One file below the root: found name by name, in the form that the client takes, whole or in parts, at its pace."""
