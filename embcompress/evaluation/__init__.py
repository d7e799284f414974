"""What was kept: measures of a compressed table against the one it was made from."""
