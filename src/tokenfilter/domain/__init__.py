"""What is true or false, and nothing else.

Standard library only, frozen values, synchronous; the time is always an argument (decision 0001). Deciding happens
here; acting on a decision is the business of `app`.
"""
