"""One module a version of the store; a version that was released never changes."""
