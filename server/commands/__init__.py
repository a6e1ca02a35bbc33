"""The commands of `samleng`, one file a subject. Each reads arguments, calls one use case and prints."""
