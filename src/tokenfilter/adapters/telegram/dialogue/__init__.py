"""What follows what a person types and presses: use cases in, screens out. Nothing here knows how messages are sent."""
