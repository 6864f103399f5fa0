"""Login dialogues: pure state machines, one dialect each, over the words that all of them share."""
