"""From a final edition to what each recipient gets, and the proof of it."""
