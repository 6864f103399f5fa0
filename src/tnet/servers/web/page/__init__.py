"""The look: documents with their styles and scripts inside them, and the policy that lets in nothing else."""
