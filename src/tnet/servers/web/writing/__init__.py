"""Everything that changes what is served: uploads whole and resumed, new directories, renames, deletions."""
