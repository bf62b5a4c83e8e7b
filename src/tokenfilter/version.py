"""The version of the program, by semantic versioning of what docs/reference lists as public."""

VERSION = "0.1.0"
