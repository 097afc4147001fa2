"""Where files come from: archives that clients send, repositories, downloads."""
