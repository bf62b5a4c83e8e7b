"""One file a step. A step that was released is never changed: what is to be otherwise is a new step."""
