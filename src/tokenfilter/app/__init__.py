"""What the program does: one use case a file, each a verb phrase. They decide nothing; `domain` does."""
