"""Pages that reload themselves when what is served has changed."""
