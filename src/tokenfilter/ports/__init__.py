"""What the application needs of the world.

One Protocol a file, its promises in prose. `failures` holds every error that may cross.
"""
