"""Files that a stranger may have made: README.md lists the attacks, and what stops each."""
