"""One module per executable: it reads configuration, builds the objects and runs them. Only here are implementations picked."""
